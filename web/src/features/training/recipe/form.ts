/** A training recipe as the studio's form holds it. The YAML is what counts: the form is read from it and writes it. */
import type { Field } from "../../../components/studio/settings";
import type { Mapping } from "../../../lib/recipe";

export const METHODS = ["lora", "full"] as const;
export type Method = (typeof METHODS)[number];

export interface Form {
  model: string;
  title: string;
  method: Method;
  /** What it starts from: a base, or a version to train on. */
  base: string | null;
  datasets: string[];
  /** null: `train`. */
  split: string | null;
  limit: number | null;
  settings: Mapping;
  /** Chips and priority, kept as they are written. */
  needs: Mapping | null;
  license: string;
  notes: string;
}

export const EMPTY: Form = {
  model: "",
  title: "",
  method: "lora",
  base: null,
  datasets: [],
  split: null,
  limit: null,
  settings: {},
  needs: null,
  license: "",
  notes: "",
};

const RATE: Record<Method, number> = { lora: 1e-3, full: 1e-4 };

const STEPS = { kind: "count", min: 1, max: 1_000_000 } as const;

/** What most people change. */
export function mainFields(method: Method): Field[] {
  return [
    { name: "steps", ...STEPS, step: 10, default: 200 },
    { name: "batch_size", kind: "count", min: 1, max: 4096, default: 32 },
    { name: "learning_rate", kind: "number", min: 1e-8, max: 1, step: 1e-4, default: RATE[method] },
    { name: "held_out", kind: "number", min: 0, max: 0.5, step: 0.05, default: 0 },
  ];
}

/** The rest, with defaults that are good as they are. */
export function moreFields(method: Method): Field[] {
  const lora: Field[] = [
    { name: "lora.r", kind: "count", min: 1, max: 1024, default: 8 },
    { name: "lora.alpha", kind: "number", min: 0.001, max: 65_536, default: 16 },
    { name: "lora.dropout", kind: "number", min: 0, max: 0.9, step: 0.05, default: 0 },
    { name: "lora.use_rslora", kind: "switch", default: false },
  ];
  return [
    ...(method === "lora" ? lora : []),
    { name: "max_length", kind: "count", min: 8, max: 131_072, default: 512 },
    { name: "packing", kind: "switch", default: false },
    { name: "micro_batch", kind: "count", min: 1, max: 4096, default: null },
    { name: "gradient_checkpointing", kind: "switch", default: false },
    { name: "precision", kind: "word", words: ["auto", "float32", "bfloat16"], default: "auto" },
    { name: "processes", kind: "count", min: 1, max: 64, default: 1 },
    { name: "evaluate_every", ...STEPS, default: null },
    { name: "patience", kind: "count", min: 1, max: 1000, default: null },
    { name: "schedule", kind: "word", words: ["cosine", "linear", "constant"], default: "cosine" },
    { name: "warmup", kind: "number", min: 0, max: 1, step: 0.01, default: 0.05 },
    { name: "weight_decay", kind: "number", min: 0, max: 1, step: 0.01, default: 0 },
    { name: "max_grad_norm", kind: "number", min: 0.001, max: 1000, step: 0.1, default: 1 },
    { name: "seed", kind: "count", min: 0, max: 2 ** 31 - 1, default: 0 },
  ];
}
