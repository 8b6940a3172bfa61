import { describe, expect, it } from "vitest";
import { changeTeacher, EMPTY, type Form, withoutTeacher, withTeacher } from "./form";
import { readRecipe, writeRecipe } from "./yaml";

const FORM: Form = {
  model: "platform/assistant",
  title: "Assistant",
  student: "platform/assistant@1",
  teachers: [
    { version: "support/mail@1", dataset: "support/mails@1", split: "unlabelled", limit: 40 },
    { version: "hr/leave@1", dataset: null, split: null, limit: null },
  ],
  settings: { steps: 60, on_policy: { steps: 10 } },
  needs: null,
  license: "",
  notes: "of two",
};

describe("a mentoring recipe", () => {
  it("comes back as the form that wrote it", () => {
    expect(readRecipe(writeRecipe(FORM))).toEqual({ form: FORM });
    expect(readRecipe(writeRecipe(EMPTY))).toEqual({ form: EMPTY });
  });

  it("stays YAML when the form cannot say it, and names the place", () => {
    const read = readRecipe("kind: Distill\nspec: {teachers: [{version: a/b@1, weight: 2}]}");
    expect("at" in read && read.at).toBe("spec.teachers[0].weight");
    const other = readRecipe("kind: Train\nspec: {}");
    expect("at" in other && other.at).toBe("kind: Train");
  });
});

describe("teachers", () => {
  it("are listed once, each with the questions that it answers", () => {
    const one = withTeacher(EMPTY, "support/mail@1", { dataset: "support/mails@1" });
    expect(withTeacher(one, "support/mail@1")).toBe(one);
    const changed = changeTeacher(one, 0, { limit: 5 });
    expect(changed.teachers).toEqual([
      { version: "support/mail@1", dataset: "support/mails@1", split: null, limit: 5 },
    ]);
    expect(withoutTeacher(changed, 0).teachers).toEqual([]);
  });
});
