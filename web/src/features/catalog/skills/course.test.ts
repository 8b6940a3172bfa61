import { describe, expect, it } from "vitest";
import { dots, scale } from "./course";

const point = (version: number, score: number, spread = 0.03) => ({
  version,
  score,
  low: score - spread,
  high: score + spread,
});

describe("the course of a skill", () => {
  it("stands on a scale in whole tenths that holds every interval", () => {
    const found = scale([point(1, 0.62), point(2, 0.81)]);
    expect(found.low).toBeCloseTo(0.5);
    expect(found.high).toBeCloseTo(0.9);
    expect(found.ticks.map((tick) => Math.round(tick * 10))).toEqual([5, 6, 7, 8, 9]);
  });

  it("does not make a mountain of a small change, nor leaves the scale", () => {
    const found = scale([point(1, 1, 0)]);
    expect(found.low).toBeCloseTo(0.8);
    expect(found.high).toBe(1);
    expect(scale([point(1, 0, 0)]).low).toBe(0);
  });

  it("goes from left to right, a single version in the middle", () => {
    const points = [point(1, 0.5), point(2, 0.6), point(3, 0.7)];
    expect(dots(points, scale(points)).map(({ at }) => at)).toEqual([0, 0.5, 1]);
    expect(dots(points.slice(0, 1), scale(points))[0]?.at).toBe(0.5);
    const [first] = dots(points, { low: 0, high: 1, ticks: [] });
    expect(first?.yLow).toBeLessThan(first?.y ?? 0);
  });
});
