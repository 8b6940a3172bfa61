import { describe, expect, it } from "vitest";
import { activeFilters, chosenOf, directorySearch, parseSkill, pressed, writeSkill } from "./filters";

describe("filters of the directory", () => {
  it("are what the catalog knows of an address", () => {
    const found = directorySearch({
      tag: "legal",
      kind: "nonsense",
      state: "draft",
      sort: "size",
      look: "cards",
    });
    expect(found).toMatchObject({
      tag: ["legal"],
      kind: undefined,
      state: "draft",
      sort: undefined,
      look: "cards",
    });
  });

  it("are pressed and released, several tags at once", () => {
    expect(pressed({}, "tag", "legal")).toEqual({ tag: ["legal"] });
    expect(pressed({ tag: ["legal"] }, "tag", "hr")).toEqual({ tag: ["legal", "hr"] });
    expect(pressed({ tag: ["legal"] }, "tag", "legal")).toEqual({ tag: undefined });
  });

  it("are one at a time where a model has one value", () => {
    expect(pressed({ department: "hr" }, "department", "legal")).toEqual({ department: "legal" });
    expect(pressed({ department: "hr" }, "department", "hr")).toEqual({ department: undefined });
  });

  it("ask for a skill above a floor", () => {
    expect(pressed({}, "skill", "support/exam")).toEqual({ skill: ["support/exam:0.5"] });
    expect(pressed({ skill: ["support/exam:0.9", "b:0.1"] }, "skill", "support/exam")).toEqual({
      skill: ["b:0.1"],
    });
    expect(chosenOf({ skill: ["support/exam:0.9"] }, "skill")).toEqual(["support/exam"]);
    expect(parseSkill("support/exam:0.8")).toEqual({ suite: "support/exam", floor: 0.8 });
    expect(parseSkill(writeSkill({ suite: "a:b", floor: 0.25 }))).toEqual({ suite: "a:b", floor: 0.25 });
    expect(parseSkill("exam")).toEqual({ suite: "exam", floor: 0 });
    expect(parseSkill("exam:7").floor).toBe(1);
  });

  it("are counted without the order and the look", () => {
    expect(activeFilters({ sort: "name", look: "cards" })).toBe(0);
    expect(activeFilters({ search: "x", tag: ["a", "b"], skill: ["s:0.5"], state: "draft" })).toBe(5);
  });
});
