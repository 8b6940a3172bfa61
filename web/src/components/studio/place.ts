/** What of a studio stands in its address: the recipe itself, so that a link shows the same to everybody. */
import { MAX_ADDRESS, oneOf, type Raw, text } from "../../lib/search";

export interface RecipeSearch {
  recipe?: string;
  mode?: "yaml";
}

export function recipeSearch(raw: Raw): RecipeSearch {
  return { recipe: text(raw.recipe)?.slice(0, MAX_ADDRESS), mode: oneOf(raw.mode, ["yaml"]) };
}
