/** What a search tries and keeps, as the form holds it; the address carries it as JSON without what is default. */
import type { SearchSpace } from "../api";
import { METHODS } from "./form";

export interface Space {
  /** Suites that must keep this share of the best parent's score. */
  floors: Record<string, number>;
  /** Suites of the parents that the search leaves out. */
  without: string[];
  methods: string[];
  scales: number[];
  ranks: (number | null)[];
  densities: number[];
  weights: boolean;
  trials: number;
  sampler: SearchSpace["sampler"];
}

export const FLOOR = 0.9;
export const DEFAULT_SPACE: Space = {
  floors: {},
  without: [],
  methods: [],
  scales: [],
  ranks: [],
  densities: [],
  weights: true,
  trials: 24,
  sampler: "tpe",
};
export const SAMPLERS = ["tpe", "cmaes", "nsga2", "grid"] as const;

export function writeSpace(space: Space): string | undefined {
  const told = Object.entries(space).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULT_SPACE[name as keyof Space]),
  );
  return told.length > 0 ? JSON.stringify(Object.fromEntries(told)) : undefined;
}

/** The space in an address; whatever is not of the right kind is left as it is by default. */
export function readSpace(text: string | undefined): Space {
  let found: Partial<Record<keyof Space, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (typeof parsed === "object" && parsed !== null) found = parsed;
  } catch {
    return DEFAULT_SPACE;
  }
  return {
    floors: shares(found.floors),
    without: list(found.without, isText),
    methods: list(found.methods, (each) => METHODS.some((method) => method === each)),
    scales: list(found.scales, (each) => isNumber(each) && each > 0 && each <= 100),
    ranks: list(found.ranks, (each) => each === null || (Number.isInteger(each) && Number(each) > 0)),
    densities: list(found.densities, (each) => isNumber(each) && each > 0 && each <= 1),
    weights: typeof found.weights === "boolean" ? found.weights : DEFAULT_SPACE.weights,
    trials: isNumber(found.trials)
      ? Math.min(1000, Math.max(1, Math.round(found.trials)))
      : DEFAULT_SPACE.trials,
    sampler: SAMPLERS.find((each) => each === found.sampler) ?? DEFAULT_SPACE.sampler,
  };
}

/** What the server is asked to search, over these suites. */
export function askFor(space: Space, suites: string[]): SearchSpace {
  const asked = suites.filter((suite) => !space.without.includes(suite));
  const floors = Object.fromEntries(asked.map((suite) => [suite, space.floors[suite] ?? FLOOR]));
  const { methods, scales, ranks, densities, weights, trials, sampler } = space;
  return {
    suites: asked,
    floors,
    methods: methods as SearchSpace["methods"],
    scales,
    ranks,
    densities,
    weights,
    trials,
    sampler,
    split: "dev",
    seed: 0,
    holdout: 0.3,
  };
}

/** Numbers as people list them: "0.6, 0.8 1.0". */
export function readNumbers(text: string): number[] {
  const found = text
    .split(/[\s,;，、；]+/)
    .filter(Boolean)
    .map(Number);
  return [...new Set(found.filter((each) => Number.isFinite(each) && each > 0))].slice(0, 16);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function list<T>(value: unknown, fits: (each: unknown) => boolean): T[] {
  return Array.isArray(value) ? (value.filter(fits).slice(0, 64) as T[]) : [];
}

function shares(value: unknown): Record<string, number> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (pair): pair is [string, number] => isNumber(pair[1]) && pair[1] >= 0 && pair[1] <= 1,
    ),
  );
}
