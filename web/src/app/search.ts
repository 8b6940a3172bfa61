/** Search parameters are plain text in the address; each route says what it takes from them. */
import type { Approval, Job, Request, VersionSummary } from "../api/types";

type Raw = Record<string, unknown>;

export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Raw): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function count(value: unknown): number | undefined {
  const found = Number(value);
  return Number.isInteger(found) && found > 0 ? found : undefined;
}

export function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}

export interface DirectorySearch {
  search?: string;
  department?: string;
  state?: VersionSummary["state"];
  kind?: VersionSummary["kind"];
}
export interface JobsSearch {
  state?: Job["state"];
  kind?: string;
  department?: string;
}
export interface RequestsSearch {
  state?: Request["state"];
  department?: string;
}
export interface ApprovalsSearch {
  state?: Approval["state"] | "all";
}
export interface PeopleSearch {
  tab?: "people" | "departments" | "tokens";
}
