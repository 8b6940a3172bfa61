import { describe, expect, it } from "vitest";
import { changed, settingOf, withValue } from "../../../components/studio/settings";
import { EMPTY, type Form, mainFields, moreFields } from "./form";
import { readRecipe, writeRecipe } from "./yaml";

const FORM: Form = {
  model: "support/mail",
  title: "Null: yes",
  method: "full",
  base: "platform/base@1",
  datasets: ["support/mails@1", "hr/leave@2"],
  split: "train",
  limit: 400,
  settings: { steps: 50, lora: { r: 4, target_modules: ["q_proj"] } },
  needs: { chips: 2 },
  license: "apache-2.0",
  notes: "",
};

const reasonOf = (yaml: string) => {
  const read = readRecipe(yaml);
  return "form" in read ? null : [read.reason, read.at];
};

describe("a training recipe", () => {
  it("comes back as the form that wrote it", () => {
    expect(readRecipe(writeRecipe(FORM))).toEqual({ form: FORM });
    expect(readRecipe(writeRecipe(EMPTY))).toEqual({ form: EMPTY });
  });

  it("stays YAML when the form cannot say it, and names the place", () => {
    expect(reasonOf("kind: Distill")).toEqual(["not_in_form", "kind: Distill"]);
    expect(reasonOf("kind: Train\nspec: {method: pretrain}")).toEqual([
      "not_in_form",
      "spec.method: pretrain",
    ]);
    expect(reasonOf("kind: Train\nspec: {datasets: [1]}")).toEqual(["not_in_form", "spec.datasets[0]"]);
    expect(reasonOf("kind: Train\nspec: {colour: red}")).toEqual(["not_in_form", "spec.colour"]);
    expect(reasonOf("kind: [")?.[0]).toBe("syntax");
  });
});

describe("the settings", () => {
  const [steps] = mainFields("lora");
  const rank = moreFields("lora").find(({ name }) => name === "lora.r");
  if (!steps || !rank) throw new Error("the fields are not there");

  it("are written only where they are not as by default, also inside others", () => {
    const some = withValue(withValue({}, steps, 50), rank, 4);
    expect(some).toEqual({ steps: 50, lora: { r: 4 } });
    expect(settingOf(some, rank)).toBe(4);
    expect(withValue(withValue(some, rank, 8), steps, 200)).toEqual({});
    expect(changed(some, [steps, rank])).toBe(2);
  });

  it("keep what the form has no field for", () => {
    expect(withValue({ lora: { target_modules: ["q_proj"] } }, rank, 4)).toEqual({
      lora: { target_modules: ["q_proj"], r: 4 },
    });
  });
});
