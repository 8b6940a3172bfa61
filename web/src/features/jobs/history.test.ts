import { describe, expect, it } from "vitest";
import type { JobEvent } from "../../api/types";
import { align, MAX_POINTS, mainStage, panels } from "./curves";
import { applyEvents, EMPTY, MAX_LINES } from "./history";

const at = "2026-11-22T10:00:00Z";

type Metrics = Record<string, number | null>;

function progress(seq: number, step: number, metrics: Metrics, stage = "train"): JobEvent {
  return { seq, at, kind: "progress", data: { stage, step, total: 100, fraction: step / 100, metrics } };
}

function log(seq: number, line: string): JobEvent {
  return { seq, at, kind: "log", data: { line, stream: "stderr" } };
}

function state(seq: number, now: string, attempt: number, reason = ""): JobEvent {
  return { seq, at, kind: "state", data: { state: now, reason, attempt } };
}

const losses = (events: JobEvent[]) => applyEvents(EMPTY, events).stages[0]?.curves.loss;

describe("the history of a job", () => {
  it("collects the curves, the log and the state", () => {
    const history = applyEvents(EMPTY, [
      state(1, "running", 1),
      progress(2, 1, { loss: 3.5 }),
      log(3, "hello"),
    ]);
    expect(history).toMatchObject({
      last: 3,
      state: "running",
      stage: "train",
      step: 1,
      metrics: { loss: 3.5 },
    });
    expect(history.stages[0]?.curves.loss).toEqual([{ step: 1, value: 3.5 }]);
    expect(history.log.map((line) => line.text)).toEqual(["hello"]);
  });

  it("hears a replayed event once and does not change what it was", () => {
    const first = applyEvents(EMPTY, [progress(1, 1, { loss: 3 }), log(2, "a")]);
    const again = applyEvents(first, [progress(1, 1, { loss: 3 }), log(2, "a"), log(3, "b")]);
    expect(again.log.map((line) => line.text)).toEqual(["a", "b"]);
    expect(applyEvents(again, [log(3, "b")])).toBe(again);
    applyEvents(again, [progress(4, 2, { loss: 2 })]);
    expect(again.stages[0]?.curves.loss).toHaveLength(1);
  });

  it("puts events that arrive in disorder in order", () => {
    expect(applyEvents(EMPTY, [log(2, "b"), log(1, "a")]).log.map((line) => line.text)).toEqual(["a", "b"]);
  });

  it("walks again over steps that a resumed attempt repeats", () => {
    expect(
      losses([progress(1, 10, { loss: 3 }), progress(2, 20, { loss: 2 }), progress(3, 15, { loss: 2.5 })]),
    ).toEqual([
      { step: 10, value: 3 },
      { step: 15, value: 2.5 },
    ]);
  });

  it("knows which lines tell of something that went wrong", () => {
    const lines = ["ValueError: x", "RuntimeException", "CUDA out of memory", "0 errors", "all is well"];
    const found = applyEvents(
      EMPTY,
      lines.map((line, index) => log(index + 1, line)),
    );
    expect(found.log.map(({ bad }) => bad)).toEqual([true, true, true, false, false]);
  });

  it("tells the attempts apart, with the reason why each ended", () => {
    const { attempts } = applyEvents(EMPTY, [
      state(1, "queued", 0),
      state(2, "running", 1),
      state(3, "queued", 1, "checkpoint at step 120"),
      state(4, "running", 2),
    ]);
    expect(attempts.map(({ number, state: ended, reason }) => [number, ended, reason])).toEqual([
      [1, "queued", "checkpoint at step 120"],
      [2, "running", ""],
    ]);
    expect(attempts[1]?.ended).toBeNull();
  });

  it("does not grow without end", () => {
    const lines = Array.from({ length: MAX_LINES + 10 }, (_, index) => log(index + 1, String(index)));
    const long = applyEvents(EMPTY, lines);
    expect(long.log).toHaveLength(MAX_LINES);
    expect(long.dropped).toBe(10);
    const steps = Array.from({ length: MAX_POINTS * 2 }, (_, index) =>
      progress(index + 1, index + 1, { loss: 1 }),
    );
    const curve = losses(steps);
    expect(curve?.length).toBeLessThanOrEqual(MAX_POINTS + 1);
    expect(curve?.at(-1)?.step).toBe(MAX_POINTS * 2);
  });

  it("forgets how long the rest takes when a stage no longer says so", () => {
    const first = applyEvents(EMPTY, [progress(1, 1, { loss: 3, seconds_left: 9 })]);
    expect(first.metrics.seconds_left).toBe(9);
    expect(applyEvents(first, [progress(2, 2, { loss: 2 })]).metrics).toEqual({ loss: 2 });
  });
});

describe("the charts of a job", () => {
  const told = applyEvents(EMPTY, [
    progress(1, 1, { loss: 3, learning_rate: 0.1, seconds_left: 20, examined: 1 }),
    progress(2, 2, { loss: 2, held_out_loss: 2.5, learning_rate: 0.2 }),
    progress(3, 4, { loss: 1, held_out_loss: 1.5 }),
    progress(4, 1, { files: 3 }, "save"),
  ]);

  it("put together what is compared, and leave out what was said once", () => {
    const stage = mainStage(told.stages);
    expect(stage?.stage).toBe("train");
    expect(stage && panels(stage).map(({ metrics }) => metrics)).toEqual([
      ["loss", "held_out_loss"],
      ["learning_rate"],
    ]);
  });

  it("have a gap where a step did not measure", () => {
    const stage = mainStage(told.stages);
    expect(stage && align(stage, ["loss", "held_out_loss"])).toEqual([
      [1, 2, 4],
      [3, 2, 1],
      [null, 2.5, 1.5],
    ]);
  });
});
