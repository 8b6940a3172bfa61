import { useCallback } from "react";
import { useTranslation } from "react-i18next";

export interface ErrorText {
  /** What went wrong, in the person's language. */
  title: string;
  /** The server's own words, when they say more. */
  detail: string;
}

interface Coded {
  code: string;
  message: string;
}

function isCoded(error: unknown): error is Coded {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** Text for an error: translated by its code, else the server's detail. */
export function errorText(error: unknown, translate: (code: string) => string | null): ErrorText {
  if (!isCoded(error)) return { title: translate("unexpected") ?? "", detail: String(error) };
  const title = translate(error.code);
  if (title) return { title, detail: error.message };
  return { title: error.message || (translate("unexpected") ?? error.code), detail: "" };
}

export function useErrorText(): (error: unknown) => ErrorText {
  const { t, i18n } = useTranslation();
  return useCallback(
    (error) =>
      errorText(error, (code) => {
        const key = `errors.${code}`;
        return i18n.exists(key) ? (t as (key: string) => string)(key) : null;
      }),
    [t, i18n],
  );
}
