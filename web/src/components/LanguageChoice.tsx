import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, type Language } from "../lib/i18n";

/** The language as a form field; the top bar has it as a menu. */
export function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <NativeSelect
      label={t("shell.language")}
      value={i18n.language}
      onChange={(event) => void chooseLanguage(event.currentTarget.value as Language)}
      data={LANGUAGES.map((each) => ({ value: each.code, label: each.name }))}
    />
  );
}
