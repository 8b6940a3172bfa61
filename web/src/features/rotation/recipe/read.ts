/** Read a YAML into the form. What the form cannot express is named, and the YAML stays as it is. */
import {
  flag,
  list,
  type Mapping,
  mapping,
  NotInForm,
  number,
  only,
  optional,
  type Read,
  readForm,
  string,
} from "../../../lib/recipe";
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

const TOP = ["merge_method", "base_model", "models", "parameters", "aird"];
const OWN = ["model", "title", "rank", "output", "prompts", "search", "finish"];

export function readRecipe(text: string): Read<Form> {
  return readForm(text, read);
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
  return list(value, readPrompt, key);
}

function readPrompt(value: unknown, at: string): Prompts {
  const found = mapping(value, at);
  only(found, ["version", "dataset", "split", "limit"], `${at}.`);
  return {
    version: string(found.version, `${at}.version`),
    dataset: string(found.dataset, `${at}.dataset`),
    split: optional(found.split, string, `${at}.split`),
    limit: optional(found.limit, number, `${at}.limit`),
  };
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
