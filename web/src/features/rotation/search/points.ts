/** Where the candidates of a search stand on the chart: mean kept skill against the worst. Pure. */
import type { Trial } from "../api";

export interface Point {
  trial: Trial;
  /** 0 at the left and at the bottom, 1 at the right and at the top. */
  x: number;
  y: number;
  /** 0 for the smallest rank, 1 for the largest. */
  size: number;
}

export interface Chart {
  points: Point[];
  xTicks: { at: number; value: number }[];
  yTicks: { at: number; value: number }[];
  /** The front as points from left to right. */
  front: Point[];
}

type Scored = Trial & { mean: number; worst: number };

export function chart(trials: Trial[]): Chart {
  const scored = trials.filter((each): each is Scored => each.mean !== null && each.worst !== null);
  const x = scale(scored.map(({ mean }) => mean));
  const y = scale(scored.map(({ worst }) => worst));
  const ranks = scored.map(({ rank }) => rank);
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  const points = scored.map((trial) => ({
    trial,
    x: x.place(trial.mean),
    y: y.place(trial.worst),
    size: most > least ? (trial.rank - least) / (most - least) : 0.5,
  }));
  const front = points.filter(({ trial }) => trial.front).sort((a, b) => a.x - b.x || b.y - a.y);
  return { points, front, xTicks: x.ticks, yTicks: y.ticks };
}

/** Round bounds around the values, at least five points of percent apart, and ticks between them. */
export function scale(values: number[]) {
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((each) => (high - low) / each <= 5) ?? 1;
  const from = Math.floor(low / step + 1e-9) * step;
  const to = Math.max(Math.ceil(high / step - 1e-9) * step, from + step);
  const place = (value: number) => Math.min(1, Math.max(0, (value - from) / (to - from)));
  const count = Math.round((to - from) / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    const value = Math.round((from + index * step) * 1e6) / 1e6;
    return { value, at: place(value) };
  });
  return { place, ticks };
}
