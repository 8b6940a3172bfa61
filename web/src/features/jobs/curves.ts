/** What a job measures over its steps: points kept for each stage and metric, and how they share charts. Pure. */

export interface Point {
  step: number;
  value: number;
}

export interface StageCurves {
  stage: string;
  /** The last step heard; a job that resumed from a checkpoint walks some again. */
  last: number;
  curves: Record<string, Point[]>;
}

export interface Panel {
  /** The first of its metrics gives it its name. */
  name: string;
  metrics: string[];
}

export const MAX_POINTS = 4_000;
/** Told beside the charts, not drawn. */
const UNDRAWN = ["seconds_left", "checkpoint"];
/** Metrics that are compared with each other stand in one chart, in this order; all others have a chart each. */
const TOGETHER: readonly (readonly string[])[] = [
  ["loss", "held_out_loss", "ce", "kl"],
  ["learning_rate"],
  ["tokens_per_second"],
  ["memory", "memory_reserved"],
];

/** A copy that addPoints may write in. */
export function copyStages(stages: StageCurves[]): StageCurves[] {
  return stages.map(({ stage, last, curves }) => ({
    stage,
    last,
    curves: Object.fromEntries(Object.entries(curves).map(([name, points]) => [name, [...points]])),
  }));
}

/** Note, in place, what one step measured. */
export function addPoints(
  stages: StageCurves[],
  stage: string,
  step: number,
  metrics: Record<string, number>,
): void {
  const drawn = Object.entries(metrics).filter(([name]) => !UNDRAWN.includes(name));
  if (drawn.length === 0) return;
  let found = stages.find((each) => each.stage === stage);
  if (!found) {
    found = { stage, last: -1, curves: {} };
    stages.push(found);
  }
  // A job that resumed walks some steps again: the new walk counts.
  if (step <= found.last) for (const points of Object.values(found.curves)) forget(points, step);
  found.last = step;
  for (const [name, value] of drawn) {
    const points = found.curves[name] ?? [];
    points.push({ step, value });
    found.curves[name] = thin(points);
  }
}

function forget(points: Point[], step: number): void {
  while ((points.at(-1)?.step ?? -1) >= step) points.pop();
}

/** Keep every second point when there are too many to draw. */
function thin(points: Point[]): Point[] {
  if (points.length <= MAX_POINTS) return points;
  return points.filter((_, index) => index % 2 === 0 || index === points.length - 1);
}

/** The stage to show at first: the latest that has a loss, else the latest that has anything to draw. */
export function mainStage(stages: StageCurves[]): StageCurves | undefined {
  const drawn = stages.filter((each) => panels(each).length > 0);
  return drawn.findLast(({ curves }) => "loss" in curves) ?? drawn.at(-1);
}

/** The charts of a stage; what was measured once only is no curve. */
export function panels({ curves }: StageCurves): Panel[] {
  const drawn = Object.keys(curves).filter((name) => (curves[name]?.length ?? 0) > 1);
  const known = TOGETHER.map((group) => group.filter((name) => drawn.includes(name)));
  const others = drawn
    .filter((name) => !TOGETHER.some((group) => group.includes(name)))
    .map((name) => [name]);
  return [...known, ...others].flatMap((metrics) => (metrics[0] ? [{ name: metrics[0], metrics }] : []));
}

/** Columns for a chart: all steps in order, and for each metric its value at them, null where it has none. */
export function align({ curves }: StageCurves, metrics: string[]): [number[], ...(number | null)[][]] {
  const steps = new Set<number>();
  for (const name of metrics) for (const { step } of curves[name] ?? []) steps.add(step);
  const sorted = [...steps].sort((a, b) => a - b);
  const columns = metrics.map((name) => {
    const values = new Map((curves[name] ?? []).map(({ step, value }) => [step, value]));
    return sorted.map((step) => values.get(step) ?? null);
  });
  return [sorted, ...columns];
}
