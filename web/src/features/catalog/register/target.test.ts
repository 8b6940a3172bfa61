import { describe, expect, it } from "vitest";
import { NOWHERE, suggestName, targetName } from "./target";

describe("a name out of a title", () => {
  it.each([
    ["Contract Helper", "contract-helper"],
    ["Résumé  screening!", "resume-screening"],
    ["合同助手", ""],
    ["x".repeat(80), "x".repeat(63)],
  ])("%j becomes %j", (title, name) => {
    expect(suggestName(title)).toBe(name);
  });
});

describe("where files go", () => {
  it("is known once the form is filled", () => {
    expect(targetName(NOWHERE)).toBeNull();
    expect(targetName({ ...NOWHERE, department: "hr", title: "Helper", name: "helper" })).toBe("hr/helper");
    expect(targetName({ ...NOWHERE, department: "hr", title: "Helper", name: "-no-" })).toBeNull();
    expect(targetName({ ...NOWHERE, kind: "known", known: "hr/old" })).toBe("hr/old");
  });
});
