/** A merge recipe as the studio's form holds it. The YAML is what counts: the form is read from it and writes it. */

export const METHODS = [
  "tsv",
  "linear",
  "task_arithmetic",
  "iso_c",
  "ties",
  "knots_ties",
  "ctm",
  "core_regmean",
] as const;
export type Method = (typeof METHODS)[number];

/** Those that drop all but the largest entries of each adapter; only they have a density. */
export const TRIMMING: readonly Method[] = ["ties", "knots_ties"];
/** Those that divide by the sum of weights unless told otherwise. */
export const AVERAGING: readonly Method[] = ["linear", ...TRIMMING];
/** Those that need to see questions of each parent. */
export const SEEING: readonly Method[] = ["core_regmean"];
export const LOSSES = ["forward_kl", "reverse_kl", "jsd"] as const;
/** The ranks that engines serve. */
export const SERVED = [1, 8, 16, 32, 64, 128, 256, 320, 512] as const;
export const STEPS = 240;
export const MAX_PARENTS = 64;

export type Rank = number | "servable" | null;

export interface FormParent {
  ref: string;
  weight: number;
  /** null: everything is kept. */
  density: number | null;
}

/** Unlabelled questions that one parent speaks for. */
export interface Prompts {
  version: string;
  dataset: string;
  split: string | null;
  limit: number | null;
}

export interface Finish {
  steps: number;
  loss: (typeof LOSSES)[number];
  /** None: the parents' own training material. */
  prompts: Prompts[];
  /** Other settings of the training, kept as they are. */
  rest: Record<string, unknown>;
}

export interface Form {
  method: Method;
  base: string | null;
  parents: FormParent[];
  scale: number;
  /** null: as the method does by itself. */
  normalize: boolean | null;
  /** null: the sum of all ranks, nothing is cut. */
  rank: Rank;
  output: "adapter" | "full";
  model: string;
  title: string;
  prompts: Prompts[];
  finish: Finish | null;
  /** A search that the run itself makes, kept as it is written. */
  search: Record<string, unknown> | null;
}

export const EMPTY: Form = {
  method: "tsv",
  base: null,
  parents: [],
  scale: 1,
  normalize: null,
  rank: null,
  output: "adapter",
  model: "",
  title: "",
  prompts: [],
  finish: null,
  search: null,
};

export const NEW_FINISH: Finish = { steps: STEPS, loss: "forward_kl", prompts: [], rest: {} };

/** The form with one more parent; the first one decides the base. */
export function withParent(form: Form, ref: string, base: string | null): Form {
  if (form.parents.length >= MAX_PARENTS || form.parents.some((each) => each.ref === ref)) return form;
  const parents = [...form.parents, { ref, weight: 1, density: null }];
  return { ...form, parents, base: form.base ?? base };
}

export function withoutParent(form: Form, ref: string): Form {
  const parents = form.parents.filter((each) => each.ref !== ref);
  const others = (list: Prompts[]) => list.filter(({ version }) => version !== ref);
  return {
    ...form,
    parents,
    base: parents.length > 0 ? form.base : null,
    prompts: others(form.prompts),
    finish: form.finish && { ...form.finish, prompts: others(form.finish.prompts) },
  };
}

export function changeParent(form: Form, ref: string, change: Partial<FormParent>): Form {
  return { ...form, parents: form.parents.map((each) => (each.ref === ref ? { ...each, ...change } : each)) };
}
