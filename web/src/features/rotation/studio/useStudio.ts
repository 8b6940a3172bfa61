import { useDebouncedCallback } from "@mantine/hooks";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { MAX_ADDRESS, type StudioSearch } from "../place";
import { EMPTY, type Form, withParent } from "../recipe/form";
import { type Read, readRecipe } from "../recipe/read";
import { readSpace, type Space, writeSpace } from "../recipe/space";
import { writeRecipe } from "../recipe/write";

const route = getRouteApi("/shell/studio/rotation");

export interface Studio {
  yaml: string;
  read: Read;
  /** The recipe is too long for the address: a link would not carry it. */
  tooLong: boolean;
  space: Space;
  search: string | undefined;
  mode: "form" | "yaml";
  setYaml: (yaml: string) => void;
  setForm: (form: Form) => void;
  setSpace: (space: Space) => void;
  setPlace: (change: Pick<StudioSearch, "search" | "mode">) => void;
}

/** The recipe at work. The address follows it, and it follows the address when that changes by itself. */
export function useStudio(): Studio {
  const found = route.useSearch();
  const navigate = route.useNavigate();
  const router = useRouter();
  const [yaml, keep] = useState(() => begin(found));
  const told = useRef(found.recipe);
  const replace = useCallback(
    (change: StudioSearch) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  );
  const tell = useDebouncedCallback((text: string) => {
    // Who has just left for another page, which is still being loaded, is not called back.
    if (!router.latestLocation.pathname.endsWith("/studio/rotation")) return;
    const recipe = text && text.length <= MAX_ADDRESS ? text : undefined;
    told.current = recipe;
    replace({ recipe, with: undefined });
  }, 300);

  useEffect(() => {
    if (found.recipe === told.current) return;
    told.current = found.recipe;
    keep(found.recipe ?? "");
  }, [found.recipe]);

  const setYaml = useCallback(
    (text: string) => {
      keep(text);
      tell(text);
    },
    [tell],
  );
  const setForm = useCallback((form: Form) => setYaml(writeRecipe(form)), [setYaml]);
  const setSpace = useCallback((space: Space) => replace({ space: writeSpace(space) }), [replace]);
  const read = useMemo((): Read => (yaml.trim() === "" ? { form: EMPTY } : readRecipe(yaml)), [yaml]);
  const space = useMemo(() => readSpace(found.space), [found.space]);
  return {
    yaml,
    read,
    tooLong: yaml.length > MAX_ADDRESS,
    space,
    search: found.search,
    mode: found.mode ?? ("form" in read ? "form" : "yaml"),
    setYaml,
    setForm,
    setSpace,
    setPlace: replace,
  };
}

function begin({ recipe, with: chosen }: StudioSearch): string {
  if (recipe !== undefined || !chosen) return recipe ?? "";
  return writeRecipe(chosen.reduce((form, ref) => withParent(form, ref, null), EMPTY));
}
