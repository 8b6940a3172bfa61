/** Languages: English and Simplified Chinese, each loaded when it is chosen and kept in this browser. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { learnSentences } from "./sentences";

export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "zh-CN", name: "简体中文" },
] as const;
export type Language = (typeof LANGUAGES)[number]["code"];

const KEY = "aird.language";

const loaders: Record<Language, () => Promise<{ messages: object }>> = {
  en: () => import("../locales/en"),
  "zh-CN": () => import("../locales/zh-CN"),
};

/** Refusals in the languages that the server does not speak. */
const refusals: Partial<Record<Language, () => Promise<{ sentences: Sentences; texts: Sentences }>>> = {
  "zh-CN": () => import("../locales/zh-CN/refusals"),
};
type Sentences = Record<string, string>;

/** The language chosen here before, else the first of the browser's that we speak. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  const known = LANGUAGES.find((each) => each.code === stored);
  if (known) return known.code;
  const found = wanted.find((each) => /^(en|zh)\b/i.test(each));
  return found?.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export async function chooseLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    const { messages } = await loaders[language]();
    i18next.addResourceBundle(language, "translation", messages);
    void learnRefusals(language); // no page waits for them
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  localStorage.setItem(KEY, language);
}

async function learnRefusals(language: Language): Promise<void> {
  const found = await refusals[language]?.();
  if (!found) return;
  learnSentences(found.sentences);
  i18next.addResourceBundle(language, "translation", { said: found.texts }, true);
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    fallbackLng: false,
    interpolation: { escapeValue: false },
    react: { bindI18nStore: "added" },
  });
  await chooseLanguage(preferredLanguage(localStorage.getItem(KEY), navigator.languages));
}
