/** What narrows and orders the directory: everything of it stands in the address. */
import { many, oneOf, type Raw, text } from "../../../lib/search";
import { KINDS, STATES } from "../lifecycle";

export const SORTS = ["name", "-updated", "updated"] as const;
export type Sort = (typeof SORTS)[number];
export const LOOKS = ["table", "cards"] as const;
export type Look = (typeof LOOKS)[number];

/** In the order in which they are shown. A model has one department and many tags. */
export const FACETS = [
  "department",
  "kind",
  "state",
  "tag",
  "skill",
  "license",
  "language",
  "size",
  "base",
] as const;
export type Facet = (typeof FACETS)[number];

export interface DirectoryFilters {
  search?: string;
  department?: string;
  kind?: (typeof KINDS)[number];
  state?: (typeof STATES)[number];
  license?: string;
  base?: string;
  language?: string;
  size?: string;
  tag?: string[];
  /** suite:floor, the floor between 0 and 1. */
  skill?: string[];
  sort?: Sort;
  look?: Look;
}

/** The filters that an address asks for. */
export function directorySearch(raw: Raw): DirectoryFilters {
  return {
    search: text(raw.search)?.slice(0, 200),
    department: text(raw.department),
    kind: oneOf(raw.kind, KINDS),
    state: oneOf(raw.state, STATES),
    license: text(raw.license),
    base: text(raw.base),
    language: text(raw.language),
    size: text(raw.size),
    tag: many(raw.tag),
    skill: many(raw.skill),
    sort: oneOf(raw.sort, SORTS),
    look: oneOf(raw.look, LOOKS),
  };
}

/** The values of a facet that are chosen. */
export function chosenOf(filters: DirectoryFilters, facet: Facet): string[] {
  const value = filters[facet];
  if (value === undefined) return [];
  return typeof value === "string"
    ? [value]
    : value.map((each) => (facet === "skill" ? parseSkill(each).suite : each));
}

/** What changes when a value is pressed: chosen it goes, else it comes, where there is one alone in its place. */
export function pressed(filters: DirectoryFilters, facet: Facet, value: string): DirectoryFilters {
  if (facet === "tag") return { tag: toggled(filters.tag, value) };
  if (facet === "skill") {
    const others = (filters.skill ?? []).filter((each) => parseSkill(each).suite !== value);
    const was = others.length < (filters.skill?.length ?? 0);
    return {
      skill: was
        ? others.length > 0
          ? others
          : undefined
        : [...others, writeSkill({ suite: value, floor: 0.5 })],
    };
  }
  return { [facet]: filters[facet] === value ? undefined : value };
}

function toggled(values: readonly string[] | undefined, value: string): string[] | undefined {
  const before = values ?? [];
  const after = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  return after.length > 0 ? after : undefined;
}

/** How many filters are set; order and look are none. */
export function activeFilters(filters: DirectoryFilters): number {
  return FACETS.reduce((sum, facet) => sum + chosenOf(filters, facet).length, 0) + (filters.search ? 1 : 0);
}

export interface SkillFloor {
  suite: string;
  floor: number;
}

/** "suite:0.8" taken apart; a floor that is none becomes zero. */
export function parseSkill(text: string): SkillFloor {
  const colon = text.lastIndexOf(":");
  const floor = Number(text.slice(colon + 1));
  if (colon < 0 || !Number.isFinite(floor)) return { suite: text, floor: 0 };
  return { suite: text.slice(0, colon), floor: Math.min(1, Math.max(0, floor)) };
}

export function writeSkill({ suite, floor }: SkillFloor): string {
  return `${suite}:${floor}`;
}
