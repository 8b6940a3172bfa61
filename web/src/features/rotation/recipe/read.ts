/** Read a YAML into the form. What the form cannot express is named, and the YAML stays as it is. */
import { parse } from "yaml";
import {
  EMPTY,
  type Finish,
  type Form,
  type FormParent,
  LOSSES,
  METHODS,
  NEW_FINISH,
  type Prompts,
} from "./form";

export type Read = { form: Form } | { reason: "syntax" | "not_mapping" | "not_in_form"; at: string };

type Mapping = Record<string, unknown>;

/** A key or a value that the form has no field for. */
class NotInForm extends Error {}

const TOP = ["merge_method", "base_model", "models", "parameters", "aird"];
const OWN = ["model", "title", "rank", "output", "prompts", "search", "finish"];

export function readRecipe(text: string): Read {
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 0, merge: false });
  } catch (error) {
    return { reason: "syntax", at: error instanceof Error ? (error.message.split("\n")[0] ?? "") : "" };
  }
  if (!isMapping(content)) return { reason: "not_mapping", at: "" };
  try {
    return { form: read(content) };
  } catch (error) {
    if (error instanceof NotInForm) return { reason: "not_in_form", at: error.message };
    throw error;
  }
}

function read(content: Mapping): Form {
  only(content, TOP, "");
  const method = METHODS.find((each) => each === content.merge_method);
  if (!method) throw new NotInForm(`merge_method: ${String(content.merge_method)}`);
  const shared = mapping(content.parameters, "parameters");
  only(shared, ["lambda", "normalize", "weight", "density"], "parameters.");
  const given = optional(content.base_model, string, "base_model");
  // mergekit counts an unlisted base in the average then; the form has no field for its weight.
  if (method === "linear" && given && "weight" in shared) throw new NotInForm("parameters.weight");
  const { parents, base } = readModels(content.models, given, shared);
  const own = mapping(content.aird, "aird");
  only(own, OWN, "aird.");
  const output = optional(own.output, string, "aird.output") ?? "adapter";
  if (output !== "adapter" && output !== "full") throw new NotInForm("aird.output");
  return {
    ...EMPTY,
    method,
    base,
    parents,
    scale: optional(shared.lambda, number, "parameters.lambda") ?? 1,
    normalize: optional(shared.normalize, flag, "parameters.normalize"),
    rank: readRank(own.rank),
    output,
    model: optional(own.model, string, "aird.model") ?? "",
    title: optional(own.title, string, "aird.title") ?? "",
    prompts: readPrompts(own.prompts, "aird.prompts"),
    finish: readFinish(own.finish),
    search: own.search == null ? null : mapping(own.search, "aird.search"),
  };
}

function readModels(value: unknown, given: string | null, shared: Mapping) {
  if (value == null) return { parents: [], base: given };
  if (!Array.isArray(value)) throw new NotInForm("models");
  const seen = new Set<string>();
  let base = given;
  const parents = value.map((entry: unknown, index): FormParent => {
    const key = `models[${index}]`;
    const found = mapping(entry, key);
    only(found, ["model", "parameters"], `${key}.`);
    const named = string(found.model, `${key}.model`).split("+");
    const ref = named.at(-1) ?? "";
    if (named.length > 2 || ref === given || seen.has(ref)) throw new NotInForm(`${key}.model`);
    if (named.length === 2) {
      if (base !== null && base !== named[0]) throw new NotInForm(`${key}.model`);
      base = named[0] ?? null;
    }
    seen.add(ref);
    const parameters = mapping(found.parameters, `${key}.parameters`);
    only(parameters, ["weight", "density"], `${key}.parameters.`);
    return {
      ref,
      weight: optional(parameters.weight ?? shared.weight, number, `${key}.parameters.weight`) ?? 1,
      density: optional(parameters.density ?? shared.density, number, `${key}.parameters.density`),
    };
  });
  return { parents, base };
}

function readRank(value: unknown): Form["rank"] {
  if (value == null || value === "servable") return value ?? null;
  const rank = number(value, "aird.rank");
  if (!Number.isInteger(rank) || rank < 1) throw new NotInForm("aird.rank");
  return rank;
}

function readPrompts(value: unknown, key: string): Prompts[] {
  if (value == null) return [];
  if (!Array.isArray(value)) throw new NotInForm(key);
  return value.map((entry: unknown, index) => {
    const at = `${key}[${index}]`;
    const found = mapping(entry, at);
    only(found, ["version", "dataset", "split", "limit"], `${at}.`);
    return {
      version: string(found.version, `${at}.version`),
      dataset: string(found.dataset, `${at}.dataset`),
      split: optional(found.split, string, `${at}.split`),
      limit: optional(found.limit, number, `${at}.limit`),
    };
  });
}

function readFinish(value: unknown): Finish | null {
  if (value == null || value === false) return null;
  if (value === true) return NEW_FINISH;
  const { steps, loss, prompts, ...rest } = mapping(value, "aird.finish");
  const chosen = loss == null ? NEW_FINISH.loss : LOSSES.find((each) => each === loss);
  if (!chosen) throw new NotInForm("aird.finish.loss");
  return {
    steps: optional(steps, number, "aird.finish.steps") ?? NEW_FINISH.steps,
    loss: chosen,
    prompts: readPrompts(prompts, "aird.finish.prompts"),
    rest,
  };
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapping(value: unknown, key: string): Mapping {
  if (value == null) return {};
  if (!isMapping(value)) throw new NotInForm(key);
  return value;
}

function only(found: Mapping, known: readonly string[], prefix: string): void {
  const other = Object.keys(found).find((name) => !known.includes(name));
  if (other !== undefined) throw new NotInForm(prefix + other);
}

function optional<T>(value: unknown, take: (value: unknown, key: string) => T, key: string): T | null {
  return value == null ? null : take(value, key);
}

function string(value: unknown, key: string): string {
  if (typeof value !== "string") throw new NotInForm(key);
  return value;
}

function number(value: unknown, key: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new NotInForm(key);
  return value;
}

function flag(value: unknown, key: string): boolean {
  if (typeof value !== "boolean") throw new NotInForm(key);
  return value;
}
