/** The settings that a studio's form has fields for. What is as by default is left out of the recipe. Pure. */
import type { Mapping } from "../../lib/recipe";

export type SettingName =
  | "steps"
  | "batch_size"
  | "learning_rate"
  | "held_out"
  | "max_length"
  | "packing"
  | "micro_batch"
  | "gradient_checkpointing"
  | "precision"
  | "processes"
  | "evaluate_every"
  | "patience"
  | "schedule"
  | "warmup"
  | "weight_decay"
  | "max_grad_norm"
  | "seed"
  | "lora.r"
  | "lora.alpha"
  | "lora.dropout"
  | "lora.use_rslora"
  | "answers"
  | "loss"
  | "beta"
  | "temperature"
  | "ce_weight"
  | "max_new_tokens"
  | "signal"
  | "top"
  | "draws"
  | "cache"
  | "student"
  | "on_policy.steps"
  | "on_policy.batch_size"
  | "on_policy.max_new_tokens";

export type Field = { name: SettingName } & (
  | { kind: "count" | "number"; min: number; max: number; step?: number; default: number | null }
  | { kind: "switch"; default: boolean }
  | { kind: "word"; words: readonly string[]; default: string }
);

/** The value that a recipe gives, else the default. */
export function settingOf(settings: Mapping, field: Field): unknown {
  const found = look(settings, field.name);
  return found === undefined ? field.default : found;
}

/** The settings with this value; the default is not written. */
export function withValue(settings: Mapping, field: Field, value: unknown): Mapping {
  const [head = "", ...rest] = field.name.split(".");
  const tail = rest.join(".");
  const kept: Mapping = { ...settings };
  if (tail === "") {
    if (value === field.default) delete kept[head];
    else kept[head] = value;
    return kept;
  }
  const inner = withValue(part(settings[head]), { ...field, name: tail as SettingName }, value);
  if (Object.keys(inner).length > 0) kept[head] = inner;
  else delete kept[head];
  return kept;
}

/** How many of these fields are not as by default. */
export function changed(settings: Mapping, fields: readonly Field[]): number {
  return fields.filter((field) => settingOf(settings, field) !== field.default).length;
}

function look(settings: Mapping, name: string): unknown {
  return name.split(".").reduce<unknown>((found, key) => part(found)[key], settings);
}

function part(value: unknown): Mapping {
  return typeof value === "object" && value !== null ? (value as Mapping) : {};
}
