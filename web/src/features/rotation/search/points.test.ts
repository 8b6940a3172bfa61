import { describe, expect, it } from "vitest";
import type { Trial } from "../api";
import { chart, scale } from "./points";

const trial = (
  number: number,
  mean: number | null,
  worst: number | null,
  rank = 8,
  front = false,
): Trial => ({
  number,
  params: {},
  state: "complete",
  scores: [],
  held_out: [],
  mean,
  worst,
  rank,
  items: 10,
  seconds: 1,
  front,
  meets_floors: false,
  note: "",
  yaml: "",
});

describe("the chart of a search", () => {
  it("places what is scored between round bounds, and leaves out what is not", () => {
    const { points, xTicks } = chart([trial(0, 0.81, 0.6), trial(1, 0.93, 0.72), trial(2, null, null)]);
    expect(points.map((point) => point.trial.number)).toEqual([0, 1]);
    for (const { x, y } of points) for (const at of [x, y]) expect(at >= 0 && at <= 1).toBe(true);
    expect(points[1]?.x).toBeGreaterThan(points[0]?.x ?? 1);
    expect(xTicks.map(({ value }) => value)).toEqual([0.8, 0.85, 0.9, 0.95]);
  });

  it("draws the front from left to right and larger ranks larger", () => {
    const { front, points } = chart([
      trial(0, 0.9, 0.6, 64, true),
      trial(1, 0.8, 0.7, 8, true),
      trial(2, 0.7, 0.5),
    ]);
    expect(front.map((point) => point.trial.number)).toEqual([1, 0]);
    expect(points.map(({ size }) => size)).toEqual([1, 0, 0]);
  });

  it("has room for one value alone, and for none", () => {
    expect(scale([0.5]).place(0.5)).toBeLessThanOrEqual(1);
    expect(chart([]).points).toEqual([]);
    const whole = scale([0, 1]).ticks.map(({ value }) => value);
    expect([whole[0], whole.at(-1)]).toEqual([0, 1]);
  });
});
