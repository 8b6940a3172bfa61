import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExamRun } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";

const CHECKS = ["paraphrases", "templates", "typos"] as const;

/** What was found beside the score; the server's details hold what the scorer could know. */
export function Reliability({ run }: { run: ExamRun }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const details = run.details as Record<string, Record<string, unknown> | undefined>;
  const number = (of: string, name: string) => {
    const value = details[of]?.[name];
    return typeof value === "number" ? value : null;
  };
  const facts: [string, string][] = [];
  if (details.calibration) {
    facts.push([t("exams.ece"), formats.percent(number("calibration", "ece"))]);
    facts.push([t("exams.sureness"), formats.points(number("calibration", "gap"))]);
  }
  for (const check of CHECKS) {
    if (!details[check]) continue;
    facts.push([
      t(`exams.check.${check}`),
      t("exams.sameOf", {
        same: formats.number(number(check, "same")),
        items: formats.number(number(check, "items")),
        score: formats.percent(number(check, "score")),
        plain: formats.percent(number(check, "plain")),
      }),
    ]);
  }
  if (details.perplexity)
    facts.push([t("exams.perplexity"), formats.measure(number("perplexity", "perplexity") ?? 0)]);
  if (details.refusals) {
    facts.push([
      t("exams.declined"),
      of(formats, number("refusals", "declined"), number("refusals", "harmful")),
    ]);
    facts.push([
      t("exams.overRefused"),
      of(formats, number("refusals", "declined_without_need"), number("refusals", "harmless")),
    ]);
  }
  if (details.judge) {
    facts.push([t("exams.judge"), String(details.judge.version)]);
    facts.push([
      t("exams.agreement"),
      `${formats.percent(number("judge", "agreement"))} (${formats.interval(number("judge", "low"), number("judge", "high"))})`,
    ]);
  }
  return (
    <Section title={t("exams.reliability")} term={t("exams.reliabilityTerm")}>
      {facts.length === 0 ? <Text c="dimmed">{t("exams.noReliability")}</Text> : <Facts facts={facts} />}
    </Section>
  );
}

function of(formats: ReturnType<typeof useFormats>, some: number | null, all: number | null): string {
  return `${formats.number(some)} / ${formats.number(all)}`;
}
