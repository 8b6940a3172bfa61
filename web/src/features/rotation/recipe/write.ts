/** The form as mergekit YAML with aird's own part at its end. */
import { stringify } from "yaml";
import { type Finish, type Form, type Prompts, SEEING, TRIMMING } from "./form";

type Mapping = Record<string, unknown>;

export function writeRecipe(form: Form): string {
  const trims = TRIMMING.includes(form.method);
  const content: Mapping = { merge_method: form.method };
  if (form.base) content.base_model = form.base;
  content.models = form.parents.map(({ ref, weight, density }) => ({
    model: ref,
    parameters: { weight, ...(trims && density !== null ? { density } : {}) },
  }));
  const shared: Mapping = {};
  // mergekit's linear knows no lambda.
  if (form.scale !== 1 && form.method !== "linear") shared.lambda = form.scale;
  if (form.normalize !== null) shared.normalize = form.normalize;
  if (filled(shared)) content.parameters = shared;
  const own = extension(form);
  if (filled(own)) content.aird = own;
  return stringify(content, { lineWidth: 0 });
}

function extension(form: Form): Mapping {
  const own: Mapping = {};
  if (form.model) own.model = form.model;
  if (form.title.trim()) own.title = form.title;
  if (form.output === "full") own.output = "full";
  else if (form.rank !== null) own.rank = form.rank;
  if (SEEING.includes(form.method) && form.prompts.length > 0) own.prompts = form.prompts.map(writePrompts);
  if (form.search) own.search = form.search;
  if (form.finish) own.finish = writeFinish(form.finish);
  return own;
}

function writeFinish({ steps, loss, prompts, rest }: Finish): Mapping {
  const asked = prompts.length > 0 ? { prompts: prompts.map(writePrompts) } : {};
  return { steps, loss, ...asked, ...rest };
}

function writePrompts({ version, dataset, split, limit }: Prompts): Mapping {
  return { version, dataset, ...(split ? { split } : {}), ...(limit ? { limit } : {}) };
}

function filled(mapping: Mapping): boolean {
  return Object.keys(mapping).length > 0;
}
