import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useSaid } from "./useSaid";

export interface ErrorText {
  /** What went wrong, in the person's language. */
  title: string;
  /** What the server says more, in the person's language where it is known. */
  detail: string;
}

interface Coded {
  code: string;
  message: string;
}

function isCoded(error: unknown): error is Coded {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** Text for an error: translated by its code, else the server's detail; `said` reads that back. */
export function errorText(
  error: unknown,
  translate: (code: string) => string | null,
  said: (detail: string) => string = (detail) => detail,
): ErrorText {
  if (!isCoded(error)) return { title: translate("unexpected") ?? "", detail: String(error) };
  const title = translate(error.code);
  const detail = said(error.message);
  if (title) return { title, detail };
  return { title: detail || (translate("unexpected") ?? error.code), detail: "" };
}

export function useErrorText(): (error: unknown) => ErrorText {
  const { t, i18n } = useTranslation();
  const said = useSaid();
  return useCallback(
    (error) => {
      const translate = (code: string) => {
        const key = `errors.${code}`;
        return i18n.exists(key) ? (t as (key: string) => string)(key) : null;
      };
      return errorText(error, translate, said);
    },
    [t, i18n, said],
  );
}
