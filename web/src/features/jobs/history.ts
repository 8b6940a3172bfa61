/** What a page has heard of a job. Pure: events in, history out; hearing an event twice changes nothing. */
import type { JobEvent } from "../../api/types";
import { addPoints, copyStages, type StageCurves } from "./curves";

export interface LogLine {
  seq: number;
  at: string;
  text: string;
  /** It tells of something that went wrong. */
  bad: boolean;
}

export interface Attempt {
  number: number;
  began: string;
  ended: string | null;
  /** The state that followed it; `running` while it lasts. */
  state: string;
  /** Why it ended as it did. */
  reason: string;
}

export interface History {
  /** The last sequence number heard; a reconnect asks for what follows. */
  last: number;
  state: string | null;
  stage: string | null;
  step: number | null;
  total: number | null;
  fraction: number | null;
  metrics: Record<string, number>;
  /** What was measured over the steps, one set of curves for each stage. */
  stages: StageCurves[];
  attempts: Attempt[];
  log: LogLine[];
  /** Lines that were let go because the log grew too long to keep. */
  dropped: number;
}

export const MAX_LINES = 100_000;

export const EMPTY: History = {
  last: 0,
  state: null,
  stage: null,
  step: null,
  total: null,
  fraction: null,
  metrics: {},
  stages: [],
  attempts: [],
  log: [],
  dropped: 0,
};

export function applyEvents(history: History, events: JobEvent[]): History {
  const fresh = events.filter((event) => event.seq > history.last).sort((a, b) => a.seq - b.seq);
  if (fresh.length === 0) return history;
  const next: History = { ...history, stages: copyStages(history.stages) };
  const lines: LogLine[] = [];
  for (const event of fresh) {
    if (event.seq === next.last) continue;
    next.last = event.seq;
    if (event.kind === "log") lines.push(lineOf(event));
    else if (event.kind === "state") addState(next, event);
    else if (event.kind === "progress") addProgress(next, event);
  }
  if (lines.length > 0) {
    next.log = [...history.log, ...lines];
    const excess = next.log.length - MAX_LINES;
    if (excess > 0) {
      next.log = next.log.slice(excess);
      next.dropped += excess;
    }
  }
  return next;
}

const BAD =
  /(?:error|exception)\b|\b(?:traceback|fatal|critical|killed|panic)\b|out of memory|segmentation fault/i;

function lineOf({ seq, at, data }: JobEvent): LogLine {
  const line = (text(data.line) ?? "").replace(/\n$/, "");
  return { seq, at, text: line, bad: BAD.test(line) };
}

function addState(history: History, { at, data }: JobEvent): void {
  history.state = text(data.state) ?? history.state;
  const now = history.attempts.at(-1);
  const others = history.attempts.slice(0, -1);
  if (history.state === "running") {
    const number = finite(data.attempt) ?? (now?.number ?? 0) + 1;
    history.attempts = [
      ...history.attempts,
      { number, began: at, ended: null, state: "running", reason: "" },
    ];
  } else if (now && now.ended === null) {
    const end = { ended: at, state: history.state ?? now.state, reason: text(data.reason) ?? "" };
    history.attempts = [...others, { ...now, ...end }];
  }
}

function addProgress(history: History, { data }: JobEvent): void {
  history.stage = text(data.stage);
  history.step = finite(data.step);
  history.total = finite(data.total);
  history.fraction = finite(data.fraction);
  const given = typeof data.metrics === "object" && data.metrics !== null ? data.metrics : {};
  const metrics: Record<string, number> = {};
  for (const [name, value] of Object.entries(given)) {
    const number = finite(value);
    if (number !== null) metrics[name] = number;
  }
  const { seconds_left: _, ...kept } = history.metrics;
  history.metrics = { ...kept, ...metrics };
  if (history.step !== null) addPoints(history.stages, history.stage ?? "", history.step, metrics);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
