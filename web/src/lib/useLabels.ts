import { useCallback } from "react";
import { useTranslation } from "react-i18next";

export type Group =
  | "access.gatings"
  | "access.visibilities"
  | "approval.mayNot"
  | "approval.readiness"
  | "approval.voidBecause"
  | "audit.acts"
  | "audit.things"
  | "auth.because"
  | "auth.lines"
  | "auth.rights"
  | "errors"
  | "exams.metric"
  | "exams.scorer"
  | "exams.slot"
  | "fact"
  | "health.checks"
  | "jobs.advice"
  | "jobs.failure"
  | "kind.job"
  | "kind.version"
  | "measure"
  | "metering"
  | "notices.event"
  | "part"
  | "plans.about"
  | "plans.kind"
  | "plans.templates"
  | "relation"
  | "requests.way"
  | "restriction"
  | "role"
  | "sku"
  | "stage"
  | "state.access"
  | "state.approval"
  | "state.endpoint"
  | "state.health"
  | "state.job"
  | "state.plan"
  | "state.request"
  | "state.fit"
  | "state.rollout"
  | "state.stage"
  | "state.version";

/** The word for a value that comes from the server; a value we do not know is shown as it is. */
export function useLabels(): (group: Group, value: string, fallback?: string) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (group, value, fallback = value) => {
      const key = `${group}.${value.replaceAll(".", "_")}`;
      // The key is only known at run time, which typed keys cannot express.
      return i18n.exists(key) ? (t as (key: string) => string)(key) : fallback;
    },
    [t, i18n],
  );
}
