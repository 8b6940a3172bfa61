import { describe, expect, it } from "vitest";
import { draftOf, EMPTY, MEASURES, needsMargin, needsReference, needsShare, ruleOf } from "./rules";

const full = { ...EMPTY, suite: "support/mail", percent: 7.5, reference: "support/desk@3" };

describe("a rule of a gate", () => {
  it("has exactly what its measure needs", () => {
    for (const measure of MEASURES) {
      const rule = ruleOf({ ...full, measure });
      expect(rule.at_least !== null).toBe(needsShare(measure));
      expect(rule.margin !== null).toBe(needsMargin(measure));
      expect(rule.reference !== null).toBe(needsReference(measure));
    }
  });

  it("comes back from the form as it went in", () => {
    for (const measure of MEASURES) {
      const rule = ruleOf({ ...full, measure });
      expect(ruleOf(draftOf(rule))).toEqual(rule);
    }
  });

  it("may look at every suite", () => {
    expect(ruleOf({ ...full, measure: "max_drop", suite: " " }).suite).toBeNull();
  });
});
