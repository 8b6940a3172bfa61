/** What each route takes from the search parameters of its address. */
import type { Approval, CareerPlan, Change, Dataset, Job, Permission, Request, Slot } from "../api/types";
import { STATES as APPROVAL_STATES } from "../features/approval/states";
import { FILE_TABS, type FileTab } from "../features/catalog/tabs";
import { KINDS as DATASET_KINDS } from "../features/datasets/words";
import { CHANGES, SLOTS } from "../features/exams/slots";
import { STATES as JOB_STATES } from "../features/jobs/kinds";
import { STATES as PLAN_STATES } from "../features/planning/states";
import { STATES as REQUEST_STATES, STEPS, type Step } from "../features/requests/states";
import { count, many, oneOf, type Raw, text } from "../lib/search";

export function loginSearch(raw: Raw): { once?: string; next?: string } {
  return { once: text(raw.once), next: text(raw.next) };
}

interface FileSearch {
  version?: number;
  tab?: FileTab;
  /** The version to compare with, as a reference. */
  against?: string;
  /** The file that is open. */
  path?: string;
}
export function versionSearch(raw: Raw): FileSearch {
  return {
    version: count(raw.version),
    tab: oneOf(raw.tab, FILE_TABS),
    against: text(raw.against),
    path: text(raw.path),
  };
}

export function registerSearch(raw: Raw): { model?: string } {
  return { model: text(raw.model) };
}

interface SkillsSearch {
  department?: string;
  suite?: string[];
  /** Old versions too. */
  every?: "yes";
  /** What a column is; an exam where nothing is said. */
  by?: "skill" | "slot";
  /** The versions that are laid beside each other. */
  with?: string[];
}
export function skillsSearch(raw: Raw): SkillsSearch {
  return {
    department: text(raw.department),
    suite: many(raw.suite),
    every: oneOf(raw.every, ["yes"]),
    by: oneOf(raw.by, ["skill", "slot"]),
    with: many(raw.with),
  };
}

interface CompareSearch {
  /** The versions, as references. */
  ids?: string[];
  /** The exam whose answers are shown. */
  suite?: string;
}
export function compareSearch(raw: Raw): CompareSearch {
  return { ids: many(raw.ids), suite: text(raw.suite) };
}

export function jobsSearch(raw: Raw): { state?: Job["state"]; kind?: string; department?: string } {
  return { state: oneOf(raw.state, JOB_STATES), kind: text(raw.kind), department: text(raw.department) };
}

export function datasetsSearch(raw: Raw): { kind?: Dataset["kind"]; department?: string } {
  return { kind: oneOf(raw.kind, DATASET_KINDS), department: text(raw.department) };
}

export function datasetSearch(raw: Raw): { version?: number } {
  return { version: count(raw.version) };
}

export function requestsSearch(raw: Raw): { state?: Request["state"]; department?: string } {
  return { state: oneOf(raw.state, REQUEST_STATES), department: text(raw.department) };
}

export function plansSearch(raw: Raw): { state?: CareerPlan["state"]; department?: string } {
  return { state: oneOf(raw.state, PLAN_STATES), department: text(raw.department) };
}

interface NewRequestSearch {
  version?: string;
  endpoint?: string;
  /** The open request that this version answers. */
  request?: number;
  /** The number of the draft that is written on, and the step of the wizard. */
  draft?: number;
  step?: Step;
}
export function newRequestSearch(raw: Raw): NewRequestSearch {
  return {
    version: text(raw.version),
    endpoint: text(raw.endpoint),
    request: count(raw.request),
    draft: count(raw.draft),
    step: oneOf(raw.step, STEPS),
  };
}

export function approvalsSearch(raw: Raw): { state?: Approval["state"] | "all" } {
  return { state: oneOf(raw.state, [...APPROVAL_STATES, "all"]) };
}

export function usageSearch(raw: Raw): { month?: string } {
  return { month: text(raw.month)?.match(/^\d{4}-(0[1-9]|1[0-2])$/)?.[0] };
}

export function endpointSearch(raw: Raw): { trial?: number } {
  return { trial: count(raw.trial) };
}

interface PlaygroundSearch {
  /** Who is asked: names that the gateway takes, or versions. */
  compare?: string[];
  blind?: "yes";
  /** The request whose delivery is tried. */
  request?: number;
}
export function playgroundSearch(raw: Raw): PlaygroundSearch {
  return { compare: many(raw.compare), blind: oneOf(raw.blind, ["yes"]), request: count(raw.request) };
}

interface AuditSearch {
  event?: string;
  actor?: string;
  subject?: string;
  reason?: string;
  from?: string;
  to?: string;
}
export function auditSearch(raw: Raw): AuditSearch {
  const day = (value: unknown) => text(value)?.match(/^\d{4}-\d\d-\d\d$/)?.[0];
  return {
    event: text(raw.event),
    actor: text(raw.actor),
    subject: text(raw.subject),
    reason: text(raw.reason),
    from: day(raw.from),
    to: day(raw.to),
  };
}

export function peopleSearch(raw: Raw): { tab?: "people" | "departments" | "tokens" } {
  return { tab: oneOf(raw.tab, ["people", "departments", "tokens"]) };
}

export function examsSearch(raw: Raw): { slot?: Slot } {
  return { slot: oneOf(raw.slot, SLOTS) };
}

interface RunSearch {
  /** The run that this one is held against. */
  against?: string;
  change?: Change;
}
export function runSearch(raw: Raw): RunSearch {
  return { against: text(raw.against), change: oneOf(raw.change, CHANGES) };
}

export function runtimesSearch(raw: Raw): { version?: string } {
  return { version: text(raw.version) };
}

export function comparisonsSearch(raw: Raw): { version?: string } {
  return { version: text(raw.version) };
}

interface AccessSearch {
  permission?: Permission;
  department?: string;
  person?: string;
  model?: string;
}
export function accessSearch(raw: Raw): AccessSearch {
  return {
    permission: text(raw.permission)?.match(/^[a-z]+\.[a-z_]+$/)?.[0] as Permission | undefined,
    department: text(raw.department),
    person: text(raw.person),
    model: text(raw.model),
  };
}
