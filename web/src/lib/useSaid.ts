import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { readSentence, sentencesOf } from "./sentences";
import { type Group, useLabels } from "./useLabels";

type Translate = (key: string, parts: Record<string, string>) => string;

/** Parts that are sentences themselves. */
const SENTENCES = new Set(["title", "what", "where", "why", "within"]);

/** Parts that are values of the API, which have words. */
const LABELS: Record<string, Group> = {
  accessState: "state.access",
  approvalState: "state.approval",
  ended: "state.job",
  gating: "access.gatings",
  jobGoal: "state.job",
  jobState: "state.job",
  kind: "kind.job",
  measure: "measure",
  planState: "state.plan",
  requestGoal: "state.request",
  requestState: "state.request",
  right: "auth.rights",
  role: "role",
  versionGoal: "state.version",
  versionState: "state.version",
  visibility: "access.visibilities",
};

/** What the server says in the reader's language; what is not known, such as a person's own words, as it came. */
export function useSaid(): (text: string | null | undefined) => string {
  const { t, i18n } = useTranslation();
  const label = useLabels();
  return useCallback(
    (text) => {
      const say = (sentence: string): string => {
        const found = readSentence(sentence);
        // A sentence of the refusals has no message of its own in the language of the server.
        if (!found || !i18n.exists(`said.${found.key}`)) return sentence;
        if (found.frame && say(found.parts.why ?? "") === found.parts.why) return sentence;
        const parts = Object.fromEntries(
          Object.entries(found.parts).map(([name, value]) => [name, part(found.key, name, value)]),
        );
        return (t as unknown as Translate)(`said.${found.key}`, parts);
      };
      const part = (key: string, name: string, value: string): string => {
        if (SENTENCES.has(name)) return say(value);
        const group = LABELS[name];
        if (group) return label(group, value.replace(/^was /, ""), value);
        switch (name) {
          case "field":
            return value.replace(/^(body|query|path|header)\./, "");
          case "job": {
            const [, kind = "", title = ""] = /^(\w+\.\w+): (.+)$/s.exec(value) ?? [];
            return kind ? t("audit.happened", { thing: label("kind.job", kind), act: say(title) }) : value;
          }
          case "option":
            return label("requests.way", value.split(/[-_]/)[0] ?? value);
          case "payer": {
            const [, kind = "", subject = ""] = /^(\w+) '?(.+?)'?$/.exec(value) ?? [];
            return `${label("metering", `kind_${kind}`, kind)} ${subject}`;
          }
          case "state":
            return label(key === "routeState" ? "state.endpoint" : "state.version", value);
          default:
            return value.replace(/^(['"])(.*)\1$/s, "$2");
        }
      };
      const sayAll = (sentences: string): string => {
        const said = sentencesOf(sentences)?.map((each) => [each, say(each)] as const);
        if (!said || said.some(([each, found]) => each === found)) return say(sentences);
        return said
          .map(([, found]) => found)
          .reduce((one, other) => one + (one.endsWith("。") ? "" : " ") + other);
      };
      return text ? sayAll(text) : "";
    },
    [t, i18n, label],
  );
}
