import { describe, expect, it } from "vitest";
import { diffLines, shown, skillShift } from "./values";

describe("a score of two versions", () => {
  it.each([
    [{ old: 0.5, new: 0.9, low: 0.2, high: 0.6 }, "better"],
    [{ old: 0.9, new: 0.5, low: -0.6, high: -0.2 }, "worse"],
    [{ old: 0.5, new: 0.55, low: -0.1, high: 0.2 }, "unclear"],
    [{ old: null, new: 0.5, low: null, high: null }, "once"],
  ] as const)("%j is %s", (shift, verdict) => {
    expect(skillShift(shift)).toBe(verdict);
  });
});

describe("a fact", () => {
  it("is one short line whatever it is", () => {
    expect(shown({ q_proj: [8, 8] })).toBe('{"q_proj":[8,8]}');
    expect(shown(null)).toBe("–");
    expect(shown("x".repeat(1000))).toHaveLength(301);
  });
});

describe("a unified diff", () => {
  it("is told apart line by line", () => {
    const diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n";
    expect(diffLines(diff).map(({ kind }) => kind)).toEqual([
      "head",
      "head",
      "place",
      "removed",
      "added",
      "same",
    ]);
  });
});
