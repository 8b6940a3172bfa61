/** Search parameters are plain text in the address; these read and write them. */

/** Longer recipes would not fit into an address that every proxy takes. */
export const MAX_ADDRESS = 6_000;

export type Raw = Record<string, unknown>;

/** A name that stands several times has a list for a value. */
export function parseSearch(search: string): Record<string, string | string[]> {
  const given = new URLSearchParams(search);
  return Object.fromEntries(
    [...new Set(given.keys())].map((name) => {
      const values = given.getAll(name);
      return [name, values.length > 1 ? values : (values[0] ?? "")];
    }),
  );
}

export function stringifySearch(search: Raw): string {
  const pairs = Object.entries(search)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each) => [name, each]))
    .filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The values of a name that may stand several times, each once. */
export function many(value: unknown): string[] | undefined {
  const found = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === "string" && each);
  return found.length > 0 ? [...new Set<string>(found)].slice(0, 50) : undefined;
}

export function count(value: unknown): number | undefined {
  const found = Number(value);
  return Number.isInteger(found) && found > 0 ? found : undefined;
}

export function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}
