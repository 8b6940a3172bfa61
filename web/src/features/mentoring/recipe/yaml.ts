/** The form as YAML of kind Distill, and back. What the form cannot express is named, and the YAML stays as it is. */
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
} from "../../../lib/recipe";
import type { Form, Teacher } from "./form";

const PARTS = ["model", "title", "student", "teachers", "settings", "needs", "license", "notes"];

export function readRecipe(text: string): Read<Form> {
  return readForm(text, read);
}

function read(content: Mapping): Form {
  only(content, ["apiVersion", "kind", "spec"], "");
  if (content.apiVersion != null && content.apiVersion !== "aird/v1") throw new NotInForm("apiVersion");
  if (content.kind != null && content.kind !== "Distill")
    throw new NotInForm(`kind: ${String(content.kind)}`);
  const spec = mapping(content.spec, "spec");
  only(spec, PARTS, "spec.");
  return {
    model: optional(spec.model, string, "spec.model") ?? "",
    title: optional(spec.title, string, "spec.title") ?? "",
    student: optional(spec.student, string, "spec.student"),
    teachers: list(spec.teachers, readTeacher, "spec.teachers"),
    settings: mapping(spec.settings, "spec.settings"),
    needs: spec.needs == null ? null : mapping(spec.needs, "spec.needs"),
    license: optional(spec.license, string, "spec.license") ?? "",
    notes: optional(spec.notes, string, "spec.notes") ?? "",
  };
}

function readTeacher(value: unknown, key: string): Teacher {
  const found = mapping(value, key);
  only(found, ["version", "dataset", "split", "limit"], `${key}.`);
  return {
    version: string(found.version, `${key}.version`),
    dataset: optional(found.dataset, string, `${key}.dataset`),
    split: optional(found.split, string, `${key}.split`),
    limit: optional(found.limit, number, `${key}.limit`),
  };
}

export function writeRecipe(form: Form): string {
  const spec: Mapping = {};
  if (form.model) spec.model = form.model;
  if (form.title.trim()) spec.title = form.title;
  if (form.student) spec.student = form.student;
  spec.teachers = form.teachers.map(writeTeacher);
  if (Object.keys(form.settings).length > 0) spec.settings = form.settings;
  if (form.needs) spec.needs = form.needs;
  if (form.license) spec.license = form.license;
  if (form.notes.trim()) spec.notes = form.notes;
  return stringify({ apiVersion: "aird/v1", kind: "Distill", spec }, { lineWidth: 0 });
}

function writeTeacher({ version, dataset, split, limit }: Teacher): Mapping {
  return {
    version,
    ...(dataset ? { dataset } : {}),
    ...(split ? { split } : {}),
    ...(limit ? { limit } : {}),
  };
}
