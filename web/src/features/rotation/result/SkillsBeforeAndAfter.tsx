import { Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Skill, Version } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { useFormats } from "../../../lib/useFormats";
import { versionQuery } from "../api";
import { compareSkills, type Row } from "./skills";

/** What each parent scored, what the child scores, and which part of the best that is. */
export function SkillsBeforeAndAfter({ version, parents }: { version: Version; parents: string[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const files = useQueries({ queries: parents.map((ref) => versionQuery(ref)) });
  const before = parents.map((ref, index) => ({ ref, skills: files[index]?.data?.skills ?? [] }));
  const rows = compareSkills(before, version.skills);
  if (rows.length === 0) {
    return <EmptyState title={t("catalog.notExamined")} hint={t("catalog.notExaminedHint")} />;
  }
  return (
    <DataTable<Row>
      caption={t("rotation.skillsBefore")}
      rows={rows}
      rowKey={({ suite }) => suite}
      columns={[
        { key: "suite", header: t("catalog.suite"), render: ({ suite }) => suite },
        ...parents.map((ref, index) => ({
          key: ref,
          header: ref,
          numeric: true,
          render: ({ before: scores }: Row) => <Score skill={scores[index]} />,
        })),
        {
          key: "after",
          header: t("rotation.afterwards"),
          numeric: true,
          render: ({ after }) => <Score skill={after} />,
        },
        {
          key: "kept",
          header: t("rotation.keptOfBest"),
          numeric: true,
          render: ({ kept }) => <strong>{formats.percent(kept)}</strong>,
        },
      ]}
    />
  );
}

function Score({ skill }: { skill: Skill | undefined }) {
  const formats = useFormats();
  if (!skill) return <>–</>;
  return (
    <>
      {formats.percent(skill.score)}
      <Text size="xs" c="dimmed">
        {formats.interval(skill.low, skill.high)}
      </Text>
    </>
  );
}
