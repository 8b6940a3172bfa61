import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useLabels } from "./useLabels";
import { useSaid } from "./useSaid";

/** "slice.noun.verb_past" as what it was about and what became of it. */
export function readEvent(event: string): { thing: string; act: string } {
  const [, thing = "", act = ""] = event.split(".");
  return { thing, act };
}

/** What happened, in the reader's language: "Job: queued". */
export function useHappened(): (event: string) => string {
  const { t } = useTranslation();
  const label = useLabels();
  return useCallback(
    (event) => {
      const { thing, act } = readEvent(event);
      if (!act) return event;
      return t("audit.happened", {
        thing: label("audit.things", thing),
        act: label("audit.acts", `${thing}_${act}`, label("audit.acts", act)),
      });
    },
    [t, label],
  );
}

/** What it happened to: kinds, and titles that the server gave, in the reader's language; names as people gave them. */
export function useSubject(): (event: string, subject: string) => string {
  const { t } = useTranslation();
  const label = useLabels();
  const said = useSaid();
  return useCallback(
    (event, subject) => {
      const { thing } = readEvent(event);
      const [, kind = "", rest = ""] = /^(\S+?):? (.+)$/s.exec(subject) ?? [];
      if (thing === "job" && rest) {
        return t("audit.happened", { thing: label("kind.job", kind), act: said(rest) });
      }
      if (thing === "budget" && rest) {
        return t("audit.happened", { thing: label("metering", `kind_${kind}`, kind), act: rest });
      }
      return said(subject);
    },
    [t, label, said],
  );
}
