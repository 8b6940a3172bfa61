import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentTitle } from "../../api/departments";
import { useFormats } from "../../lib/useFormats";
import { useSaid as useReadBack } from "../../lib/useSaid";
import type { Offer, Said } from "./api";

type Group = "basis" | "dataClass" | "over" | "reach" | "tier" | "waits" | "way";

/** The word for a value of the offer. */
export function useWord(): (group: Group, value: string) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (group, value) => {
      const key = `requests.${group}.${value}`;
      return i18n.exists(key) ? (t as (key: string) => string)(key) : value;
    },
    [t, i18n],
  );
}

/** What an option is made from: titles where they are known, the reference where they are not. */
export function useMadeFrom(offer: Offer | undefined): (refs: readonly string[]) => string {
  const readBack = useReadBack();
  return useCallback(
    (refs) => refs.map((ref) => readBack(offer?.titles?.[ref] ?? ref)).join(" + "),
    [offer, readBack],
  );
}

const SHARES = new Set(["floor", "score"]);

/** A sentence of the server in the reader's language; one that we do not know is shown as it came. */
export function useSaid(offer?: Offer): (said: Said) => string {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const word = useWord();
  const madeFrom = useMadeFrom(offer);
  const titleOf = useDepartmentTitle();
  return useCallback(
    (said) => {
      const key = `requests.said.${said.code}`;
      if (!i18n.exists(key)) return said.message;
      const values = Object.fromEntries(
        Object.entries(said.params ?? {}).map(([name, value]) => {
          if (name === "over" && Array.isArray(value)) {
            return [name, value.map((each) => word("over", String(each))).join(t("requests.and"))];
          }
          if (name === "reach" || name === "way") return [name, word(name, String(value))];
          if (name === "department") return [name, titleOf(String(value))];
          if (name === "ref") return [name, madeFrom([String(value)])];
          if (name === "what") return [name, madeFrom(String(value).split(" + "))];
          if (name === "micro") return ["amount", formats.money(Number(value), offer?.currency ?? "")];
          if (typeof value !== "number") return [name, String(value)];
          return [name, SHARES.has(name) ? formats.percent(value) : formats.number(value)];
        }),
      );
      return (t as (key: string, values: Record<string, string>) => string)(key, values);
    },
    [t, i18n, formats, word, madeFrom, titleOf, offer],
  );
}
