import type { RolloutStart } from "../../../api/types";

/** Who may compare a shadow's answers: people, a model, or a scorer of exams. */
export const JUDGES = ["people", "endpoint", "exact", "f1", "regex", "json"] as const;
export type Judge = (typeof JUDGES)[number];

/** What the form knows of it; `apart` in points of a hundred, `form` the text of a JSON Schema. */
export interface Judging {
  judgedBy: Judge;
  judge: string;
  extract: string;
  last: boolean;
  apart: number | string;
  pattern: string;
  ignoreCase: boolean;
  whole: boolean;
  form: string;
}

export const NO_JUDGING: Judging = {
  judgedBy: "people",
  judge: "",
  extract: "",
  last: false,
  apart: 0,
  pattern: "",
  ignoreCase: false,
  whole: false,
  form: "",
};

/** What the order of a trial says about it: the settings of the chosen scorer alone. */
export function judging(values: Judging): Pick<RolloutStart, "judge" | "scoring"> {
  const { judgedBy } = values;
  if (judgedBy === "people") return { judge: null, scoring: null };
  if (judgedBy === "endpoint") return { judge: values.judge.trim(), scoring: null };
  const scoring = { scorer: judgedBy, ...settings(values) };
  return { judge: null, scoring: scoring as RolloutStart["scoring"] };
}

function settings(values: Judging): object {
  const { extract, last, pattern, ignoreCase, whole } = values;
  switch (values.judgedBy) {
    case "exact":
      return extract ? { extract, ...(last && { last }) } : {};
    case "f1": {
      const apart = Number(values.apart) / 100;
      return apart > 0 ? { apart } : {};
    }
    case "regex":
      return { pattern, ...(ignoreCase && { ignore_case: true }), ...(whole && { whole }) };
    case "json":
      return values.form.trim() ? { form: readForm(values.form) } : {};
    default:
      return {};
  }
}

/** The JSON object that a text is; null where it is none. */
export function readForm(text: string): object | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}
