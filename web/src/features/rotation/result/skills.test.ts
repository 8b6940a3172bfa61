import { describe, expect, it } from "vitest";
import type { Skill } from "../../../api/types";
import { derivations } from "../derive/kinds";
import { compareSkills } from "./skills";

const skill = (suite: string, score: number) =>
  ({ suite, score, low: score, high: score, items: 10 }) as Skill;

describe("skills before and after", () => {
  it("stand beside each other, with the kept part of the best", () => {
    const rows = compareSkills(
      [
        { ref: "a/b@1", skills: [skill("hr/exam", 0.8), skill("it/exam", 0.2)] },
        { ref: "c/d@1", skills: [skill("it/exam", 0.9)] },
      ],
      [skill("hr/exam", 0.6)],
    );
    expect(rows.map(({ suite }) => suite)).toEqual(["hr/exam", "it/exam"]);
    expect(rows[0]?.before.map((each) => each?.score)).toEqual([0.8, undefined]);
    expect(rows[0]?.kept).toBeCloseTo(0.75);
    expect(rows[1]?.kept).toBeNull();
  });
});

describe("what can be made of a version", () => {
  it("depends on what it is", () => {
    expect(derivations({ kind: "adapter", facts: {} })).toEqual(["bake", "export"]);
    expect(derivations({ kind: "adapter", facts: { features: ["dora"] } })).toEqual([
      "bake",
      "extract",
      "export",
    ]);
    expect(derivations({ kind: "full", facts: {} })).toEqual(["extract", "quantize", "export"]);
    expect(derivations({ kind: "base", facts: {} })).toEqual(["quantize", "export"]);
    expect(derivations({ kind: "full", facts: { format: "gguf" } })).toEqual([]);
  });
});
