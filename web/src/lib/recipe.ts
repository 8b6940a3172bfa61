/** Read a YAML into a form. What the form cannot express is named, and the YAML stays as it is. */
import { parse } from "yaml";

export type Read<Form> = { form: Form } | { reason: "syntax" | "not_mapping" | "not_in_form"; at: string };

export type Mapping = Record<string, unknown>;

/** A key or a value that the form has no field for. */
export class NotInForm extends Error {}

export function readForm<Form>(text: string, read: (content: Mapping) => Form): Read<Form> {
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

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mapping(value: unknown, key: string): Mapping {
  if (value == null) return {};
  if (!isMapping(value)) throw new NotInForm(key);
  return value;
}

export function list<T>(value: unknown, take: (value: unknown, key: string) => T, key: string): T[] {
  if (value == null) return [];
  if (!Array.isArray(value)) throw new NotInForm(key);
  return value.map((each: unknown, index) => take(each, `${key}[${index}]`));
}

/** Refuse keys that the form has no field for. */
export function only(found: Mapping, known: readonly string[], prefix: string): void {
  const other = Object.keys(found).find((name) => !known.includes(name));
  if (other !== undefined) throw new NotInForm(prefix + other);
}

export function optional<T>(value: unknown, take: (value: unknown, key: string) => T, key: string): T | null {
  return value == null ? null : take(value, key);
}

export function string(value: unknown, key: string): string {
  if (typeof value !== "string") throw new NotInForm(key);
  return value;
}

export function number(value: unknown, key: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new NotInForm(key);
  return value;
}

export function flag(value: unknown, key: string): boolean {
  if (typeof value !== "boolean") throw new NotInForm(key);
  return value;
}

/** The value, when it is one of these words. */
export function word<const T extends string>(value: unknown, known: readonly T[], key: string): T {
  const found = known.find((each) => each === value);
  if (found === undefined) throw new NotInForm(key);
  return found;
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** Whether this is a whole name of a model: department/name. */
export function isModelName(text: string): boolean {
  return NAME.test(text);
}
