import { describe, expect, it } from "vitest";
import { type Judging, judging, NO_JUDGING, readForm } from "./judging";

const scoring = (values: Partial<Judging>) => judging({ ...NO_JUDGING, ...values }).scoring;

describe("who compares the answers of a shadow", () => {
  it("is nobody but people, or one endpoint", () => {
    expect(judging(NO_JUDGING)).toEqual({ judge: null, scoring: null });
    expect(judging({ ...NO_JUDGING, judgedBy: "endpoint", judge: " hr/judge " }).judge).toBe("hr/judge");
  });

  it("is a scorer with its own settings alone", () => {
    const all: Partial<Judging> = {
      extract: "Queue (\\d+)",
      last: true,
      apart: 5,
      pattern: "42",
      ignoreCase: true,
      whole: true,
      form: '{"type": "object"}',
    };
    expect(scoring({ ...all, judgedBy: "exact" })).toEqual({
      scorer: "exact",
      extract: "Queue (\\d+)",
      last: true,
    });
    expect(scoring({ ...all, judgedBy: "f1" })).toEqual({ scorer: "f1", apart: 0.05 });
    expect(scoring({ ...all, judgedBy: "regex" })).toEqual({
      scorer: "regex",
      pattern: "42",
      ignore_case: true,
      whole: true,
    });
    expect(scoring({ ...all, judgedBy: "json" })).toEqual({ scorer: "json", form: { type: "object" } });
  });

  it("needs no setting but the pattern; the last find is one of an extract", () => {
    for (const judgedBy of ["exact", "f1", "json"] as const) {
      expect(scoring({ judgedBy })).toEqual({ scorer: judgedBy });
    }
    expect(scoring({ judgedBy: "exact", last: true })).toEqual({ scorer: "exact" });
  });

  it("reads a JSON object and nothing else", () => {
    expect(["{}", "[]", "3", "null", "{"].map(readForm)).toEqual([{}, null, null, null, null]);
  });
});
