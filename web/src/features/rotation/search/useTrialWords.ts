import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import type { Trial } from "../api";
import { METHODS } from "../recipe/form";

/** A candidate in one line, for those who hear the chart and for its tooltips. */
export function useTrialWords(): (trial: Trial) => string {
  const { t } = useTranslation();
  const formats = useFormats();
  return useCallback(
    (trial) =>
      t("rotation.trialWords", {
        number: String(trial.number),
        mean: formats.percent(trial.mean),
        worst: formats.percent(trial.worst),
        rank: formats.number(trial.rank),
        items: formats.number(trial.items),
        state: t(`rotation.trialState.${trial.state}`),
      }),
    [t, formats],
  );
}

/** What was varied, in words: the method by its name, numbers as people write them. */
export function useParams(): (params: Record<string, unknown>) => string {
  const { t } = useTranslation();
  const formats = useFormats();
  return useCallback(
    (params) => {
      const tell = (value: unknown): string => {
        if (typeof value === "number") return formats.measure(value);
        if (Array.isArray(value)) return value.map(tell).join(", ");
        if (value === null) return t("rotation.rankSum");
        const method = METHODS.find((each) => each === value);
        if (method) return t(`rotation.methods.${method}.name`);
        if (typeof value !== "object") return String(value);
        return Object.entries(value as object)
          .map(([name, each]) => `${name} ${tell(each)}`)
          .join(", ");
      };
      return Object.entries(params)
        .map(([name, value]) => `${name}: ${tell(value)}`)
        .join(" · ");
    },
    [t, formats],
  );
}
