/** Where the versions of a model lie on a chart of one exam: evenly from left to right, 0 to 100 % upwards. */

export interface Point {
  version: number;
  score: number;
  low: number;
  high: number;
}

export interface Dot extends Point {
  /** From 0, the left or lower end of the chart, to 1. */
  at: number;
  y: number;
  yLow: number;
  yHigh: number;
}

export interface Scale {
  low: number;
  high: number;
  ticks: number[];
}

/** A scale in whole tenths around everything that is drawn, at least a fifth high. */
export function scale(points: Point[]): Scale {
  const least = Math.floor(Math.min(...points.map(({ low }) => low), 1) * 10 + 1e-9) / 10;
  const most = Math.ceil(Math.max(...points.map(({ high }) => high), 0) * 10 - 1e-9) / 10;
  const low = Math.max(0, Math.min(least, most - 0.2));
  const high = Math.min(1, Math.max(most, low + 0.2));
  const step = high - low > 0.5 ? 0.2 : 0.1;
  const count = Math.round((high - low) / step);
  return { low, high, ticks: Array.from({ length: count + 1 }, (_, n) => Math.min(1, low + n * step)) };
}

export function dots(points: Point[], { low, high }: Scale): Dot[] {
  const y = (share: number) => (share - low) / (high - low);
  return points.map((point, place) => ({
    ...point,
    at: points.length === 1 ? 0.5 : place / (points.length - 1),
    y: y(point.score),
    yLow: y(point.low),
    yHigh: y(point.high),
  }));
}
