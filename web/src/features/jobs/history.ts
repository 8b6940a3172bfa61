/** What a page has heard of a job. Pure: events in, history out; hearing an event twice changes nothing. */
import type { JobEvent } from "../../api/types";

export interface Point {
  step: number;
  value: number;
}

export interface LogLine {
  seq: number;
  at: string;
  text: string;
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
  losses: Point[];
  /** The stage that the losses belong to; each stage has its own curve. */
  lossStage: string | null;
  log: LogLine[];
  /** Lines that were let go because the log grew too long to show. */
  dropped: number;
}

export const MAX_LINES = 2_000;
export const MAX_POINTS = 2_000;

export const EMPTY: History = {
  last: 0,
  state: null,
  stage: null,
  step: null,
  total: null,
  fraction: null,
  metrics: {},
  losses: [],
  lossStage: null,
  log: [],
  dropped: 0,
};

export function applyEvents(history: History, events: JobEvent[]): History {
  const fresh = events.filter((event) => event.seq > history.last).sort((a, b) => a.seq - b.seq);
  if (fresh.length === 0) return history;
  const next: History = { ...history, losses: [...history.losses], log: [...history.log] };
  for (const event of fresh) {
    if (event.seq === next.last) continue;
    next.last = event.seq;
    if (event.kind === "log") addLine(next, event);
    else if (event.kind === "state") next.state = text(event.data.state) ?? next.state;
    else if (event.kind === "progress") addProgress(next, event);
  }
  const excess = next.log.length - MAX_LINES;
  if (excess > 0) {
    next.log = next.log.slice(excess);
    next.dropped += excess;
  }
  next.losses = thin(next.losses);
  return next;
}

function addLine(history: History, event: JobEvent): void {
  history.log.push({ seq: event.seq, at: event.at, text: text(event.data.line) ?? "" });
}

function addProgress(history: History, event: JobEvent): void {
  const { data } = event;
  history.stage = text(data.stage);
  history.step = number(data.step);
  history.total = number(data.total);
  history.fraction = number(data.fraction);
  const metrics = typeof data.metrics === "object" && data.metrics !== null ? data.metrics : {};
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === "number") history.metrics = { ...history.metrics, [name]: value };
  }
  const loss = "loss" in metrics ? number(metrics.loss) : null;
  const step = history.step;
  if (loss === null || step === null) return;
  if (history.stage !== history.lossStage) history.losses = [];
  history.lossStage = history.stage;
  // A job that resumed from a checkpoint walks some steps again: the new walk counts.
  while ((history.losses.at(-1)?.step ?? -1) >= step) history.losses.pop();
  history.losses.push({ step, value: loss });
}

/** Keep every second point when there are too many to draw. */
function thin(points: Point[]): Point[] {
  if (points.length <= MAX_POINTS) return points;
  return points.filter((_, index) => index % 2 === 0 || index === points.length - 1);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
