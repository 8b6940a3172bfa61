import { describe, expect, it } from "vitest";
import { recipeOf } from "./recipe";

const train = {
  apiVersion: "aird/v1",
  kind: "Train",
  spec: { model: "support/mail", datasets: ["support/mails@1"] },
};

describe("the recipe of a job", () => {
  it("is the YAML that a person would write, with the line that orders it", () => {
    const found = recipeOf({ id: "j", kind: "training.sft", spec: { model_id: "m", recipe: train } });
    expect(found.yaml).toBe(
      "apiVersion: aird/v1\nkind: Train\nspec:\n  model: support/mail\n  datasets:\n    - support/mails@1\n",
    );
    expect(found.command).toBe(`aird train - <<'RECIPE'\n${found.yaml}RECIPE`);
    expect(found.studio).toBe("/studio/training");
  });

  it("is mergekit's YAML for a rotation", () => {
    const yaml = "merge_method: tsv\nmodels: []\n";
    const found = recipeOf({
      id: "j",
      kind: "merge.run",
      spec: { recipe: { kind: "Merge", mergekit: yaml } },
    });
    expect([found.yaml, found.studio]).toEqual([yaml, "/studio/rotation"]);
  });

  it("names what an examination was ordered with, as aird eval reads it", () => {
    const order = {
      versions: [{ ref: "support/desk@1", title: "Desk" }],
      suites: [{ name: "support/exam", title: "Mail" }],
      hidden: 0,
    };
    const given = {
      id: "j7",
      kind: "evaluation.run",
      spec: { versions: ["v"], suites: ["s"], split: "dev" },
    };
    const { yaml, command } = recipeOf(given, order);
    expect(yaml).toBe("versions:\n  - support/desk@1\nsuites:\n  - support/exam\nsplit: dev\n");
    expect(command).toBe(`aird eval - <<'RECIPE'\n${yaml}RECIPE`);
    expect(recipeOf(given, { ...order, hidden: 1 }).yaml).toContain("- v");
  });

  it("is the specification itself where there is no other, and the job is ordered again as it is", () => {
    const found = recipeOf({ id: "j7", kind: "evaluation.run", spec: { versions: ["v"], split: null } });
    expect(found).toEqual({
      yaml: "versions:\n  - v\nsplit: null\n",
      command: "aird jobs clone j7",
      studio: null,
    });
  });
});
