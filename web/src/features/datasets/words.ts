import type { Dataset } from "../../api/types";

export const KINDS = ["training", "exam", "text", "feedback"] as const satisfies readonly Dataset["kind"][];

export const CONSENTS = [
  "unstated",
  "not_needed",
  "given",
  "withdrawn",
] as const satisfies readonly Dataset["consent"][];

export const FINDINGS = [
  "leak",
  "near_leak",
  "straddle",
  "conflict",
  "duplicate",
  "near_duplicate",
  "personal",
] as const;
export type FindingKind = (typeof FINDINGS)[number];

export interface DatasetPath {
  department: string;
  dataset: string;
}

/** "support/mails" as the two parts of an address. */
export function pathOf(name: string): DatasetPath {
  const [department = "", dataset = ""] = name.split("/");
  return { department, dataset };
}
