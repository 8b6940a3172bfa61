/** A mentoring recipe as the studio's form holds it. The YAML is what counts: the form is read from it and writes it. */
import type { Field } from "../../../components/studio/settings";
import type { Mapping } from "../../../lib/recipe";

export interface Teacher {
  version: string;
  dataset: string | null;
  /** null: `unlabelled`. */
  split: string | null;
  limit: number | null;
}

export interface Form {
  model: string;
  title: string;
  student: string | null;
  teachers: Teacher[];
  settings: Mapping;
  /** Chips and priority, kept as they are written. */
  needs: Mapping | null;
  license: string;
  notes: string;
}

export const EMPTY: Form = {
  model: "",
  title: "",
  student: null,
  teachers: [],
  settings: {},
  needs: null,
  license: "",
  notes: "",
};

export const MAX_TEACHERS = 32;

export function withTeacher(form: Form, version: string, prompts: Partial<Teacher> = {}): Form {
  if (form.teachers.length >= MAX_TEACHERS || form.teachers.some((each) => each.version === version))
    return form;
  const added: Teacher = { dataset: null, split: null, limit: null, ...prompts, version };
  return { ...form, teachers: [...form.teachers, added] };
}

export function changeTeacher(form: Form, index: number, change: Partial<Teacher>): Form {
  return {
    ...form,
    teachers: form.teachers.map((each, at) => (at === index ? { ...each, ...change } : each)),
  };
}

export function withoutTeacher(form: Form, index: number): Form {
  return { ...form, teachers: form.teachers.filter((_, at) => at !== index) };
}

const BATCH = { kind: "count", min: 1, max: 4096 } as const;
const STEPS = { kind: "count", min: 1, max: 1_000_000 } as const;
const LENGTH = { kind: "count", min: 1, max: 8192 } as const;

/** How long it learns: what it costs is in proportion. */
export const BUDGET = { name: "steps", ...STEPS, step: 10, default: 240 } as const satisfies Field;

/** What most people change. */
export const MAIN: Field[] = [
  { name: "loss", kind: "word", words: ["forward_kl", "reverse_kl", "jsd"], default: "forward_kl" },
  { name: "answers", kind: "word", words: ["generate", "given", "text"], default: "generate" },
  { name: "student", kind: "word", words: ["adapter", "full"], default: "adapter" },
  { name: "learning_rate", kind: "number", min: 1e-8, max: 1, step: 1e-4, default: 2e-3 },
];

/** The rest, with defaults that are good as they are. */
export const MORE: Field[] = [
  { name: "batch_size", ...BATCH, default: 32 },
  { name: "max_new_tokens", ...LENGTH, default: 64 },
  { name: "temperature", kind: "number", min: 0.01, max: 20, step: 0.1, default: 1 },
  { name: "beta", kind: "number", min: 0.01, max: 0.99, step: 0.05, default: 0.5 },
  { name: "ce_weight", kind: "number", min: 0, max: 10, step: 0.1, default: 0 },
  { name: "signal", kind: "word", words: ["auto", "whole", "top", "sampled"], default: "auto" },
  { name: "top", kind: "count", min: 1, max: 1024, default: 64 },
  { name: "draws", kind: "count", min: 1, max: 1000, default: 50 },
  { name: "cache", kind: "switch", default: true },
  { name: "lora.r", kind: "count", min: 1, max: 1024, default: 8 },
  { name: "lora.alpha", kind: "number", min: 0.001, max: 65_536, default: 16 },
  { name: "max_length", kind: "count", min: 8, max: 131_072, default: 512 },
  { name: "micro_batch", ...BATCH, default: null },
  { name: "gradient_checkpointing", kind: "switch", default: false },
  { name: "precision", kind: "word", words: ["auto", "float32", "bfloat16"], default: "auto" },
  { name: "schedule", kind: "word", words: ["cosine", "linear", "constant"], default: "cosine" },
  { name: "warmup", kind: "number", min: 0, max: 1, step: 0.01, default: 0.05 },
  { name: "weight_decay", kind: "number", min: 0, max: 1, step: 0.01, default: 0 },
  { name: "max_grad_norm", kind: "number", min: 0.001, max: 1000, step: 0.1, default: 1 },
  { name: "seed", kind: "count", min: 0, max: 2 ** 31 - 1, default: 0 },
];

/** The last stage on the student's own answers, once it is asked for. */
export const ON_POLICY: Field[] = [
  { name: "on_policy.steps", ...STEPS, default: 50 },
  { name: "on_policy.batch_size", ...BATCH, default: 16 },
  { name: "on_policy.max_new_tokens", ...LENGTH, default: 64 },
];
