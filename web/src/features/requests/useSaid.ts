import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../lib/useFormats";
import type { Said } from "./api";

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

const SHARES = new Set(["floor", "score"]);

/** A sentence of the server in the reader's language; one that we do not know is shown as it came. */
export function useSaid(): (said: Said) => string {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const word = useWord();
  return useCallback(
    (said) => {
      const key = `requests.said.${said.code}`;
      if (!i18n.exists(key)) return said.message;
      const values = Object.fromEntries(
        Object.entries(said.params ?? {}).map(([name, value]) => {
          if (name === "over" && Array.isArray(value)) {
            return [name, value.map((each) => word("over", String(each))).join(t("requests.and"))];
          }
          if (name === "reach") return [name, word("reach", String(value))];
          if (typeof value !== "number") return [name, String(value)];
          return [name, SHARES.has(name) ? formats.percent(value) : formats.number(value)];
        }),
      );
      return (t as (key: string, values: Record<string, string>) => string)(key, values);
    },
    [t, i18n, formats, word],
  );
}
