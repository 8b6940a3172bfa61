import type { GateRule } from "../../../api/types";

export type Measure = NonNullable<GateRule["measure"]>;

export const MEASURES: Measure[] = ["score", "low", "relative", "noninferior", "better", "max_drop"];

/** What a form holds of one rule; shares and margins are in percent, as people say them. */
export interface Draft {
  measure: Measure;
  suite: string;
  percent: number | string;
  reference: string;
}

export const EMPTY: Draft = { measure: "score", suite: "", percent: 80, reference: "" };

export const needsReference = (measure: Measure) => !["score", "low"].includes(measure);
export const needsShare = (measure: Measure) => ["score", "low", "relative"].includes(measure);
export const needsMargin = (measure: Measure) => ["noninferior", "max_drop"].includes(measure);
export const mayMissSuite = (measure: Measure) => measure === "max_drop";

/** The rule as the API takes it: exactly what its measure needs. */
export function ruleOf({ measure, suite, percent, reference }: Draft): GateRule {
  const share = Number(percent) / 100;
  return {
    measure,
    suite: suite.trim() || null,
    at_least: needsShare(measure) ? share : null,
    margin: needsMargin(measure) ? share : null,
    reference: needsReference(measure) ? reference.trim() : null,
  };
}

type Stored = Pick<GateRule, "suite" | "measure" | "at_least" | "margin" | "reference">;

export function draftOf(rule: Stored): Draft {
  const share = rule.at_least ?? rule.margin;
  return {
    measure: rule.measure ?? "score",
    suite: rule.suite ?? "",
    percent: share == null ? "" : Number((share * 100).toFixed(6)),
    reference: rule.reference ?? "",
  };
}
