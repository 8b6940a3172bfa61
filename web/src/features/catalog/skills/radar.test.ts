import { describe, expect, it } from "vitest";
import { axes, corners, type Measured, place, short } from "./radar";

const skill = (suite: string, score = 0.5): Measured => ({ suite, score, low: 0, high: 1, items: 10 });
const many = Array.from({ length: 12 }, (_, n) => skill(`a/exam-${String(n).padStart(2, "0")}`));

describe("radar", () => {
  it("has at most eight axes, those that most versions have sat", () => {
    const profiles = [
      { name: "one", skills: many },
      { name: "two", skills: [skill("a/exam-11"), skill("b/exam")] },
    ];
    const found = axes(profiles);
    expect(found).toHaveLength(8);
    expect(found).toContain("a/exam-11");
    expect(found).toEqual([...found].sort());
  });

  it("begins above and goes round clockwise", () => {
    expect(place(0, 4, 1, 100).y).toBeCloseTo(-100);
    expect(place(1, 4, 0.5, 100).x).toBeCloseTo(50);
    expect(place(2, 4, 1, 100).y).toBeCloseTo(100);
  });

  it("draws no corner for an exam that was not sat", () => {
    const profile = { name: "one", skills: [skill("a", 1), skill("c", 1)] };
    expect(corners(profile, ["a", "b", "c"], 10)).toHaveLength(2);
  });

  it("shortens names that are long", () => {
    expect(short("support/a-very-long-name-of-an-exam")).toHaveLength(22);
    expect(short("support/exam")).toBe("support/exam");
  });
});
