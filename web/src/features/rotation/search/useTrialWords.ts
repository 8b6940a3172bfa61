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

/** What a candidate is, in words: its method, and what it varies of the recipe. */
export function useVaried(): (params: Record<string, unknown>) => string {
  const { t } = useTranslation();
  const formats = useFormats();
  return useCallback(
    ({ method, weights, scale, density }) => {
      const known = METHODS.find((each) => each === method);
      const told = [
        known ? t(`rotation.methods.${known}.name`) : String(method ?? ""),
        Array.isArray(weights) &&
          t("rotation.variedWeights", {
            weights: weights.map((each) => formats.measure(Number(each))).join(" : "),
          }),
        typeof scale === "number" &&
          scale !== 1 &&
          t("rotation.variedScale", { scale: formats.measure(scale) }),
        typeof density === "number" && t("rotation.variedDensity", { density: formats.measure(density) }),
      ];
      return told.filter(Boolean).join(" · ");
    },
    [t, formats],
  );
}
