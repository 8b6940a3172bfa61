import { useDebouncedCallback } from "@mantine/hooks";
import { useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Read } from "../../lib/recipe";
import { MAX_ADDRESS } from "../../lib/search";

interface Kind<Form> {
  empty: Form;
  read: (yaml: string) => Read<Form>;
  write: (form: Form) => string;
}

interface Address {
  /** The recipe in the address, and what is to be shown when there is none. */
  recipe: string | undefined;
  begin?: string;
  /** The studio's own path: who has left it is not called back. */
  path: string;
  replace: (recipe: string | undefined) => void;
}

export interface RecipeAtWork<Form> {
  yaml: string;
  read: Read<Form>;
  /** The recipe is too long for the address: a link would not carry it. */
  tooLong: boolean;
  setYaml: (yaml: string) => void;
  setForm: (form: Form) => void;
}

/** The recipe at work. The address follows it, and it follows the address when that changes by itself. */
export function useRecipe<Form>(kind: Kind<Form>, address: Address): RecipeAtWork<Form> {
  const { recipe, begin = "", path, replace } = address;
  const router = useRouter();
  const [yaml, keep] = useState(() => recipe ?? begin);
  const told = useRef(recipe);
  const tell = useDebouncedCallback((text: string) => {
    // Who has just left for another page, which is still being loaded, is not called back.
    if (!router.latestLocation.pathname.endsWith(path)) return;
    const short = text && text.length <= MAX_ADDRESS ? text : undefined;
    told.current = short;
    replace(short);
  }, 300);

  useEffect(() => {
    if (recipe === told.current) return;
    told.current = recipe;
    keep(recipe ?? "");
  }, [recipe]);

  const setYaml = useCallback(
    (text: string) => {
      keep(text);
      tell(text);
    },
    [tell],
  );
  const setForm = useCallback((form: Form) => setYaml(kind.write(form)), [setYaml, kind]);
  const read = useMemo(
    (): Read<Form> => (yaml.trim() === "" ? { form: kind.empty } : kind.read(yaml)),
    [yaml, kind],
  );
  return { yaml, read, tooLong: yaml.length > MAX_ADDRESS, setYaml, setForm };
}
