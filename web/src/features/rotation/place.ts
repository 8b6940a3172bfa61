/** What of the studio stands in its address: the recipe itself, so that a link shows the same to everybody. */
import { MAX_ADDRESS, many, oneOf, type Raw, text } from "../../lib/search";

export interface StudioSearch {
  /** The mergekit YAML. */
  recipe?: string;
  /** Adapters to begin with, when there is no recipe yet. */
  with?: string[];
  /** The job of the search that is on show. */
  search?: string;
  /** What the search is to keep, as in recipe/space.ts. */
  space?: string;
  mode?: "yaml";
}

export function studioSearch(raw: Raw): StudioSearch {
  return {
    recipe: text(raw.recipe)?.slice(0, MAX_ADDRESS),
    with: many(raw.with),
    search: text(raw.search)?.match(/^[0-9a-f-]{36}$/)?.[0],
    space: text(raw.space)?.slice(0, MAX_ADDRESS),
    mode: oneOf(raw.mode, ["yaml"]),
  };
}
