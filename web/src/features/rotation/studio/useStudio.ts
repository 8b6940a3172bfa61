import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type RecipeAtWork, useRecipe } from "../../../components/studio/useRecipe";
import type { StudioSearch } from "../place";
import { EMPTY, type Form, withParent } from "../recipe/form";
import { readRecipe } from "../recipe/read";
import { readSpace, type Space, writeSpace } from "../recipe/space";
import { writeRecipe } from "../recipe/write";

const route = getRouteApi("/shell/studio/rotation");
const MERGE = { empty: EMPTY, read: readRecipe, write: writeRecipe };

export interface Studio extends RecipeAtWork<Form> {
  space: Space;
  search: string | undefined;
  mode: "form" | "yaml";
  setSpace: (space: Space) => void;
  setPlace: (change: Pick<StudioSearch, "search" | "mode">) => void;
}

/** The recipe at work with the search on show; all of it stands in the address. */
export function useStudio(): Studio {
  const found = route.useSearch();
  const navigate = route.useNavigate();
  const setPlace = useCallback(
    (change: StudioSearch) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  );
  const replace = useCallback(
    (recipe: string | undefined) => setPlace({ recipe, with: undefined }),
    [setPlace],
  );
  const recipe = useRecipe(MERGE, {
    recipe: found.recipe,
    begin: begin(found),
    path: "/studio/rotation",
    replace,
  });
  const setSpace = useCallback((space: Space) => setPlace({ space: writeSpace(space) }), [setPlace]);
  const space = useMemo(() => readSpace(found.space), [found.space]);
  return {
    ...recipe,
    space,
    search: found.search,
    mode: found.mode ?? ("form" in recipe.read ? "form" : "yaml"),
    setSpace,
    setPlace,
  };
}

function begin({ recipe, with: chosen }: StudioSearch): string {
  if (recipe !== undefined || !chosen) return recipe ?? "";
  return writeRecipe(chosen.reduce((form, ref) => withParent(form, ref, null), EMPTY));
}
