import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useSaid as useReadBack } from "../../lib/useSaid";

/** The feature whose words are used. */
export type Studio = "rotation" | "training" | "mentoring" | "plans";
type Group = "why" | "finding" | "note";

/** What the server says, in the person's language by its code; words of a code that we do not know are read back. */
export function useSaid(
  of: Studio,
): (group: Group, code: string, message: string, params?: Record<string, unknown>) => string {
  const { t, i18n } = useTranslation();
  const readBack = useReadBack();
  return useCallback(
    (group, code, message, params = {}) => {
      const key = `${of}.${group}.${code.replaceAll(".", "_")}`;
      if (!code || !i18n.exists(key)) return readBack(message);
      const told = Object.entries(params).map(([name, value]) => [name, inWords(value, i18n.language)]);
      // The key is only known at run time, which typed keys cannot express.
      const text = (t as (key: string, values: object) => string)(key, Object.fromEntries(told));
      // A server that tells other facts than we know of still says the whole sentence itself.
      return text.includes("{{") ? readBack(message) : text;
    },
    [t, i18n, of, readBack],
  );
}

function inWords(value: unknown, language: string): string {
  if (Array.isArray(value)) return value.map((each) => inWords(each, language)).join(", ");
  if (typeof value === "number")
    return new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value);
  return String(value);
}
