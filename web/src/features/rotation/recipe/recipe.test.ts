import { describe, expect, it } from "vitest";
import { changeParent, EMPTY, type Form, NEW_FINISH, withoutParent, withParent } from "./form";
import { readRecipe } from "./read";
import { writeRecipe } from "./write";

const two = withParent(
  withParent(EMPTY, "support/mail@1", "platform/base@1"),
  "hr/leave@2",
  "platform/base@1",
);

const formOf = (yaml: string): Form => {
  const read = readRecipe(yaml);
  if (!("form" in read)) throw new Error(`${read.reason}: ${read.at}`);
  return read.form;
};
const reasonOf = (yaml: string) => {
  const read = readRecipe(yaml);
  return "form" in read ? null : [read.reason, read.at];
};

describe("a recipe", () => {
  it("is mergekit's YAML, with what is default left out", () => {
    expect(writeRecipe(two)).toBe(`merge_method: tsv
base_model: platform/base@1
models:
  - model: support/mail@1
    parameters:
      weight: 1
  - model: hr/leave@2
    parameters:
      weight: 1
`);
  });

  it("comes back as the form that wrote it", () => {
    const full: Form = {
      ...changeParent(two, "hr/leave@2", { weight: 0.35, density: 0.4 }),
      method: "ties",
      scale: 0.8,
      normalize: false,
      rank: 16,
      model: "platform/assistant",
      title: "Null: yes",
      finish: {
        steps: 120,
        loss: "jsd",
        prompts: [{ version: "hr/leave@2", dataset: "hr/questions@1", split: "unlabelled", limit: 400 }],
        rest: { learning_rate: 0.001 },
      },
      search: { suites: ["hr/exam"], trials: 4 },
    };
    expect(formOf(writeRecipe(full))).toEqual(full);
    expect(formOf(writeRecipe({ ...two, rank: "servable" })).rank).toBe("servable");
    const whole = formOf(writeRecipe({ ...two, output: "full", rank: 8 }));
    expect([whole.output, whole.rank]).toEqual(["full", null]);
  });

  it("leaves out a density where nothing is trimmed, and lambda where mergekit knows none", () => {
    const dense = changeParent({ ...two, method: "linear", scale: 0.5 }, "hr/leave@2", { density: 0.3 });
    expect(writeRecipe(dense)).not.toMatch(/density|lambda/);
    expect(writeRecipe({ ...dense, method: "ties" })).toMatch(/density: 0.3[\s\S]*lambda: 0.5/);
  });

  it("is read with shared weights, bases written as base+adapter, and a finish that is just true", () => {
    const form = formOf(`
merge_method: task_arithmetic
models:
  - model: platform/base@1+support/mail@1
  - {model: platform/base@1+hr/leave@2, parameters: {weight: 0.2}}
parameters: {weight: 0.7, lambda: 0.9}
aird: {finish: true}
`);
    expect(form.base).toBe("platform/base@1");
    expect(form.parents.map(({ ref, weight }) => [ref, weight])).toEqual([
      ["support/mail@1", 0.7],
      ["hr/leave@2", 0.2],
    ]);
    expect([form.scale, form.finish]).toEqual([0.9, NEW_FINISH]);
  });

  it("stays YAML when the form cannot say it, and names the place", () => {
    expect(reasonOf("merge_method: slerp\nmodels: []")).toEqual(["not_in_form", "merge_method: slerp"]);
    expect(reasonOf("merge_method: tsv\nslices: []")).toEqual(["not_in_form", "slices"]);
    expect(reasonOf("merge_method: tsv\nmodels: [{model: a/b@1, parameters: {weight: [0, 1]}}]")).toEqual([
      "not_in_form",
      "models[0].parameters.weight",
    ]);
    expect(
      reasonOf(
        "merge_method: linear\nbase_model: a/base@1\nmodels: [{model: a/b@1}]\nparameters: {weight: 0.5}",
      ),
    ).toEqual(["not_in_form", "parameters.weight"]);
    expect(reasonOf("merge_method: tsv\naird: {model: a/b, colour: red}")).toEqual([
      "not_in_form",
      "aird.colour",
    ]);
  });

  it("says so when it is no YAML or no mapping", () => {
    expect(reasonOf("a: [")?.[0]).toBe("syntax");
    expect(reasonOf("- a")?.[0]).toBe("not_mapping");
    expect(reasonOf("a: &x 1\nb: *x")?.[0]).toBe("syntax");
  });
});

describe("parents", () => {
  it("are listed once, and the first one brings the base", () => {
    expect(withParent(two, "hr/leave@2", null)).toBe(two);
    expect(two.base).toBe("platform/base@1");
  });

  it("leave with all that stands for them; without any the base is open again", () => {
    const prompts = [{ version: "hr/leave@2", dataset: "hr/q@1", split: null, limit: null }];
    const left = withoutParent({ ...two, prompts, finish: { ...NEW_FINISH, prompts } }, "hr/leave@2");
    expect([left.prompts, left.finish?.prompts, left.base]).toEqual([[], [], "platform/base@1"]);
    expect(withoutParent(left, "support/mail@1").base).toBeNull();
  });
});
