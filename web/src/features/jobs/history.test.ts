import { describe, expect, it } from "vitest";
import type { JobEvent } from "../../api/types";
import { applyEvents, EMPTY, MAX_LINES, MAX_POINTS } from "./history";

const at = "2026-11-22T10:00:00Z";

function progress(seq: number, step: number, loss: number | null, stage = "train"): JobEvent {
  return {
    seq,
    at,
    kind: "progress",
    data: { stage, step, total: 100, fraction: step / 100, metrics: { loss } },
  };
}

function log(seq: number, line: string): JobEvent {
  return { seq, at, kind: "log", data: { line, stream: "stderr" } };
}

describe("the history of a job", () => {
  it("collects the loss, the log and the state", () => {
    const state: JobEvent = { seq: 1, at, kind: "state", data: { state: "running", reason: "", attempt: 1 } };
    const history = applyEvents(EMPTY, [state, progress(2, 1, 3.5), log(3, "hello")]);
    expect(history).toMatchObject({
      last: 3,
      state: "running",
      stage: "train",
      step: 1,
      metrics: { loss: 3.5 },
    });
    expect(history.losses).toEqual([{ step: 1, value: 3.5 }]);
    expect(history.log.map((line) => line.text)).toEqual(["hello"]);
  });

  it("hears a replayed event once", () => {
    const first = applyEvents(EMPTY, [progress(1, 1, 3), log(2, "a")]);
    const again = applyEvents(first, [progress(1, 1, 3), log(2, "a"), log(3, "b")]);
    expect(again.log.map((line) => line.text)).toEqual(["a", "b"]);
    expect(again.losses).toHaveLength(1);
    expect(applyEvents(again, [log(3, "b")])).toBe(again);
  });

  it("puts events that arrive in disorder in order", () => {
    expect(applyEvents(EMPTY, [log(2, "b"), log(1, "a")]).log.map((line) => line.text)).toEqual(["a", "b"]);
  });

  it("walks again over steps that a resumed attempt repeats", () => {
    const history = applyEvents(EMPTY, [progress(1, 10, 3), progress(2, 20, 2), progress(3, 15, 2.5)]);
    expect(history.losses).toEqual([
      { step: 10, value: 3 },
      { step: 15, value: 2.5 },
    ]);
  });

  it("keeps the curve when a later stage has no loss, and starts anew when it has", () => {
    const trained = applyEvents(EMPTY, [progress(1, 10, 3), progress(2, 1, null, "save")]);
    expect(trained.losses).toHaveLength(1);
    expect(applyEvents(trained, [progress(3, 1, 9, "second")]).losses).toEqual([{ step: 1, value: 9 }]);
  });

  it("does not grow without end", () => {
    const lines = Array.from({ length: MAX_LINES + 10 }, (_, index) => log(index + 1, String(index)));
    const long = applyEvents(EMPTY, lines);
    expect(long.log).toHaveLength(MAX_LINES);
    expect(long.dropped).toBe(10);
    const steps = Array.from({ length: MAX_POINTS * 2 }, (_, index) => progress(index + 1, index + 1, 1));
    const curve = applyEvents(EMPTY, steps).losses;
    expect(curve.length).toBeLessThanOrEqual(MAX_POINTS + 1);
    expect(curve.at(-1)?.step).toBe(MAX_POINTS * 2);
  });
});
