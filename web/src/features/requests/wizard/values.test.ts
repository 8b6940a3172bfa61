import { describe, expect, it } from "vitest";
import { bodyOf, valuesOf, written } from "./values";

describe("the fields of a need", () => {
  it("begin with three empty examples, the person's department and language", () => {
    const values = valuesOf(undefined, "support", ["zh-CN"]);
    expect(values.examples).toHaveLength(3);
    expect([values.department, values.languages, values.floor]).toEqual(["support", ["zh-CN"], 80]);
  });

  it("become micro-units, a share, and nothing where nothing was written", () => {
    const values = {
      ...valuesOf(undefined, "support", []),
      title: " Mail ",
      need: "n",
      monthly: 12.5,
      floor: 90,
    };
    expect(bodyOf(values as never)).toMatchObject({
      title: "Mail",
      budget_month_micro: 12_500_000,
      budget_once_micro: null,
      floor: 0.9,
      examples: [],
      deadline: null,
    });
  });

  it("keep an example that has only half been written, so that the person is told", () => {
    expect(
      written([
        { question: "?", answer: "" },
        { question: " ", answer: "" },
      ]),
    ).toEqual([{ question: "?", answer: "" }]);
  });
});
