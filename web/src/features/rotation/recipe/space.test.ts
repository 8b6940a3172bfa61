import { describe, expect, it } from "vitest";
import { askFor, DEFAULT_SPACE, FLOOR, readNumbers, readSpace, writeSpace } from "./space";

describe("the space of a search", () => {
  it("needs no word in the address while it is as by default", () => {
    expect(writeSpace(DEFAULT_SPACE)).toBeUndefined();
    expect(readSpace(undefined)).toEqual(DEFAULT_SPACE);
  });

  it("comes back from the address", () => {
    const space = {
      ...DEFAULT_SPACE,
      floors: { "hr/exam": 0.8 },
      ranks: [null, 16],
      trials: 6,
      weights: false,
    };
    expect(readSpace(writeSpace(space))).toEqual(space);
  });

  it("is not led astray by what somebody wrote into the address", () => {
    expect(readSpace("{")).toEqual(DEFAULT_SPACE);
    expect(readSpace("null")).toEqual(DEFAULT_SPACE);
    const odd = readSpace(
      '{"floors": {"a/b": 7, "c/d": 0.5}, "methods": ["evil", "ties"], "ranks": [-1, 8], "trials": 1e9, "sampler": 3}',
    );
    expect(odd.floors).toEqual({ "c/d": 0.5 });
    expect([odd.methods, odd.ranks, odd.trials, odd.sampler]).toEqual([["ties"], [8], 1000, "tpe"]);
  });

  it("asks for the suites that count, each with its floor", () => {
    const space = { ...DEFAULT_SPACE, without: ["hr/exam"], floors: { "support/exam": 0.95 } };
    const asked = askFor(space, ["hr/exam", "legal/exam", "support/exam"]);
    expect(asked.suites).toEqual(["legal/exam", "support/exam"]);
    expect(asked.floors).toEqual({ "legal/exam": FLOOR, "support/exam": 0.95 });
  });

  it("reads numbers as people list them", () => {
    expect(readNumbers("0.6, 0.8 1；0.8、x -2")).toEqual([0.6, 0.8, 1]);
  });
});
