import { useTranslation } from "react-i18next";
import type { Skill } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { ScoreBar } from "./ScoreBar";

/** Each examined skill with how many questions and how sure. */
export function SkillTable({ skills }: { skills: Skill[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  if (skills.length === 0) {
    return <EmptyState title={t("catalog.notExamined")} hint={t("catalog.notExaminedHint")} />;
  }
  return (
    <DataTable
      caption={t("catalog.skills")}
      rows={skills}
      rowKey={(skill) => skill.suite}
      columns={[
        { key: "suite", header: t("catalog.suite"), render: (skill) => skill.suite },
        { key: "score", header: t("catalog.score"), numeric: true, render: (s) => formats.percent(s.score) },
        {
          key: "interval",
          header: t("catalog.interval"),
          numeric: true,
          render: (skill) => formats.interval(skill.low, skill.high),
        },
        { key: "bar", header: t("catalog.range"), render: (skill) => <ScoreBar skill={skill} /> },
        {
          key: "items",
          header: t("catalog.items"),
          numeric: true,
          render: (skill) => formats.number(skill.items),
        },
        { key: "metric", header: t("catalog.metric"), render: (skill) => label("measure", skill.metric) },
        { key: "at", header: t("catalog.measured"), render: (skill) => <Since at={skill.measured_at} /> },
      ]}
    />
  );
}
