import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { CareerPlan, PlanStage } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";

/** What each stage's version scored in each exam, and what it kept of what came before. */
export function Matrix({ plan }: { plan: CareerPlan }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = plan.board.filter((stage) => Object.keys(stage.report.scores ?? {}).length > 0);
  const exams: Column<PlanStage>[] = plan.suites.map((suite) => ({
    key: suite,
    header: suite,
    numeric: true,
    render: (stage) => {
      const found = stage.report.scores?.[suite];
      if (!found) return formats.percent(null);
      return (
        <Stack gap={0}>
          <Text size="sm" fw={stage.teaches.includes(suite) ? 700 : 400}>
            {formats.percent(found.score)}
          </Text>
          <Text size="xs" c="dimmed">
            {formats.interval(found.low, found.high)}
          </Text>
        </Stack>
      );
    },
  }));
  const kept: Column<PlanStage>[] = [
    {
      key: "average",
      header: t("plans.average"),
      numeric: true,
      render: ({ report }) => formats.percent(report.forgetting?.average),
    },
    {
      key: "backward",
      header: t("plans.backward"),
      numeric: true,
      render: ({ report }) => formats.points(report.forgetting?.backward),
    },
    {
      key: "worst",
      header: t("plans.worst"),
      numeric: true,
      render: ({ report }) => {
        const worst = report.forgetting?.worst;
        return worst ? `${formats.points(worst.now - worst.was)} (${worst.suite})` : formats.points(null);
      },
    },
  ];
  return (
    <Section title={t("plans.matrix")} term={t("plans.matrixTerm")}>
      {rows.length === 0 ? (
        <Text size="sm">{t("plans.notExamined")}</Text>
      ) : (
        <>
          <Text size="sm" c="dimmed">
            {t("plans.matrixHint")}
          </Text>
          <DataTable
            wide
            caption={t("plans.matrix")}
            rows={rows}
            rowKey={(stage) => stage.name}
            columns={[
              { key: "stage", header: t("plans.stage"), render: (stage) => stage.title },
              ...exams,
              ...kept,
            ]}
          />
        </>
      )}
    </Section>
  );
}
