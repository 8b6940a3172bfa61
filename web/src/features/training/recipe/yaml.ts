/** The form as YAML of kind Train, and back. What the form cannot express is named, and the YAML stays as it is. */
import { stringify } from "yaml";
import {
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
  word,
} from "../../../lib/recipe";
import { type Form, METHODS } from "./form";

const PARTS = [
  "model",
  "title",
  "method",
  "base",
  "datasets",
  "split",
  "limit",
  "settings",
  "needs",
  "license",
  "notes",
];

export function readRecipe(text: string): Read<Form> {
  return readForm(text, read);
}

function read(content: Mapping): Form {
  only(content, ["apiVersion", "kind", "spec"], "");
  if (content.apiVersion != null && content.apiVersion !== "aird/v1") throw new NotInForm("apiVersion");
  if (content.kind != null && content.kind !== "Train") throw new NotInForm(`kind: ${String(content.kind)}`);
  const spec = mapping(content.spec, "spec");
  only(spec, PARTS, "spec.");
  return {
    model: optional(spec.model, string, "spec.model") ?? "",
    title: optional(spec.title, string, "spec.title") ?? "",
    method: spec.method == null ? "lora" : word(spec.method, METHODS, `spec.method: ${String(spec.method)}`),
    base: optional(spec.base, string, "spec.base"),
    datasets: list(spec.datasets, string, "spec.datasets"),
    split: optional(spec.split, string, "spec.split"),
    limit: optional(spec.limit, number, "spec.limit"),
    settings: mapping(spec.settings, "spec.settings"),
    needs: spec.needs == null ? null : mapping(spec.needs, "spec.needs"),
    license: optional(spec.license, string, "spec.license") ?? "",
    notes: optional(spec.notes, string, "spec.notes") ?? "",
  };
}

export function writeRecipe(form: Form): string {
  const spec: Mapping = {};
  if (form.model) spec.model = form.model;
  if (form.title.trim()) spec.title = form.title;
  spec.method = form.method;
  if (form.base) spec.base = form.base;
  spec.datasets = form.datasets;
  if (form.split) spec.split = form.split;
  if (form.limit) spec.limit = form.limit;
  if (Object.keys(form.settings).length > 0) spec.settings = form.settings;
  if (form.needs) spec.needs = form.needs;
  if (form.license) spec.license = form.license;
  if (form.notes.trim()) spec.notes = form.notes;
  return stringify({ apiVersion: "aird/v1", kind: "Train", spec }, { lineWidth: 0 });
}
