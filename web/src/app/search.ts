/** Search parameters are plain text in the address; each route says what it takes from them. */
import type { Approval, Job, Request, VersionSummary } from "../api/types";
import { STATES as APPROVAL_STATES } from "../features/approval/states";
import { KINDS as VERSION_KINDS, STATES as VERSION_STATES } from "../features/catalog/lifecycle";
import { STATES as JOB_STATES } from "../features/jobs/kinds";
import { STATES as REQUEST_STATES } from "../features/requests/states";

type Raw = Record<string, unknown>;

export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Raw): string {
  const pairs = Object.entries(search).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
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

export function loginSearch(raw: Raw): { once?: string; next?: string } {
  return { once: text(raw.once), next: text(raw.next) };
}

interface DirectorySearch {
  search?: string;
  department?: string;
  state?: VersionSummary["state"];
  kind?: VersionSummary["kind"];
}
export function directorySearch(raw: Raw): DirectorySearch {
  return {
    search: text(raw.search),
    department: text(raw.department),
    state: oneOf(raw.state, VERSION_STATES),
    kind: oneOf(raw.kind, VERSION_KINDS),
  };
}

export function versionSearch(raw: Raw): { version?: number } {
  return { version: count(raw.version) };
}

export function skillsSearch(raw: Raw): { department?: string } {
  return { department: text(raw.department) };
}

export function jobsSearch(raw: Raw): { state?: Job["state"]; kind?: string; department?: string } {
  return { state: oneOf(raw.state, JOB_STATES), kind: text(raw.kind), department: text(raw.department) };
}

export function requestsSearch(raw: Raw): { state?: Request["state"]; department?: string } {
  return { state: oneOf(raw.state, REQUEST_STATES), department: text(raw.department) };
}

export function newRequestSearch(raw: Raw): { version?: string; endpoint?: string } {
  return { version: text(raw.version), endpoint: text(raw.endpoint) };
}

export function approvalsSearch(raw: Raw): { state?: Approval["state"] | "all" } {
  return { state: oneOf(raw.state, [...APPROVAL_STATES, "all"]) };
}

export function usageSearch(raw: Raw): { month?: string } {
  return { month: text(raw.month)?.match(/^\d{4}-(0[1-9]|1[0-2])$/)?.[0] };
}

export function auditSearch(raw: Raw): { event?: string; actor?: string; subject?: string } {
  return { event: text(raw.event), actor: text(raw.actor), subject: text(raw.subject) };
}

export function peopleSearch(raw: Raw): { tab?: "people" | "departments" | "tokens" } {
  return { tab: oneOf(raw.tab, ["people", "departments", "tokens"]) };
}
