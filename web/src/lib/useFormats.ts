import { useTranslation } from "react-i18next";
import { type Formats, formatsOf } from "./formats";

/** The formats of the language that is chosen now. */
export function useFormats(): Formats {
  const { i18n } = useTranslation();
  return formatsOf(i18n.language);
}
