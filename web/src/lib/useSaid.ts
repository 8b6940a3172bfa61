import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { readSentence } from "./sentences";
import { useLabels } from "./useLabels";

type Translate = (key: string, parts: Record<string, string>) => string;

/** Parts that are sentences themselves. */
const SENTENCES = new Set(["title", "what", "where", "why"]);

/** A reason of the server in the reader's language; one that is not known, such as a person's own, as it came. */
export function useSaid(): (text: string | null | undefined) => string {
  const { t } = useTranslation();
  const label = useLabels();
  return useCallback(
    (text) => {
      const say = (sentence: string): string => {
        const found = readSentence(sentence);
        if (!found) return sentence;
        const parts = Object.fromEntries(
          Object.entries(found.parts).map(([name, value]) => {
            if (SENTENCES.has(name)) return [name, say(value)];
            if (name === "option") return [name, label("requests.way", value.split(/[-_]/)[0] ?? value)];
            if (name === "measure") return [name, label("measure", value)];
            if (name !== "state") return [name, value];
            const group = found.key === "routeState" ? "state.endpoint" : "state.version";
            return [name, label(group, value)];
          }),
        );
        return (t as unknown as Translate)(`said.${found.key}`, parts);
      };
      return text ? say(text) : "";
    },
    [t, label],
  );
}
