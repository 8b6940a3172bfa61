import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RolloutStart } from "../../../api/types";

/** Who may compare a shadow's answers: people, a model, or a scorer of exams. */
export const JUDGES = ["people", "endpoint", "exact", "f1", "regex", "json"] as const;
export type Judge = (typeof JUDGES)[number];

export interface Judging {
  judgedBy: Judge;
  judge: string;
  pattern: string;
}

/** What the order of a trial says about it. */
export function judging({ judgedBy, judge, pattern }: Judging): Pick<RolloutStart, "judge" | "scoring"> {
  if (judgedBy === "people") return { judge: null, scoring: null };
  if (judgedBy === "endpoint") return { judge: judge.trim(), scoring: null };
  const scoring = { scorer: judgedBy, ...(judgedBy === "regex" ? { pattern } : {}) };
  return { judge: null, scoring: scoring as RolloutStart["scoring"] };
}

interface Props {
  judgedBy: Judge;
  inputs: (name: keyof Judging) => object;
}

/** The choice of who compares, and what that needs. */
export function JudgeFields({ judgedBy, inputs }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <NativeSelect
        label={t("delivery.judgedBy")}
        description={t(`delivery.judgeHints.${judgedBy}`)}
        data={JUDGES.map((value) => ({ value, label: t(`delivery.judges.${value}`) }))}
        {...inputs("judgedBy")}
      />
      {judgedBy === "endpoint" && (
        <TextInput label={t("delivery.judge")} required maxLength={96} {...inputs("judge")} />
      )}
      {judgedBy === "regex" && (
        <TextInput label={t("delivery.pattern")} required maxLength={1000} {...inputs("pattern")} />
      )}
    </>
  );
}
