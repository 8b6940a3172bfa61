import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import type { Skill, SkillsMatrix } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { ButtonLink, VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { skillsQuery } from "../api";

const route = getRouteApi("/shell/skills");

export function SkillsPage(): ReactNode {
  const { t } = useTranslation();
  const { department } = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const skills = useQuery(skillsQuery(department));
  return (
    <Stack>
      <PageHeader
        title={t("catalog.matrix")}
        term={t("catalog.matrixTerm")}
        description={t("catalog.matrixHint")}
      />
      <FilterBar>
        <FilterChoice
          label={t("common.department")}
          value={department}
          choices={departments}
          onChange={(chosen) => void navigate({ search: { department: chosen }, replace: true })}
        />
      </FilterBar>
      <QueryView query={skills}>{(matrix) => <Matrix matrix={matrix} />}</QueryView>
    </Stack>
  );
}

type Row = SkillsMatrix["rows"][number];

function Matrix({ matrix }: { matrix: SkillsMatrix }) {
  const { t } = useTranslation();
  if (matrix.suites.length === 0 || matrix.rows.length === 0) {
    return (
      <EmptyState
        title={t("catalog.noSkills")}
        hint={t("catalog.noSkillsHint")}
        action={
          <ButtonLink to="/models" variant="default">
            {t("catalog.directory")}
          </ButtonLink>
        }
      />
    );
  }
  const columns: Column<Row>[] = [
    { key: "ref", header: t("catalog.version"), render: (row) => <VersionLink value={row.ref} /> },
    {
      key: "state",
      header: t("common.state"),
      render: (row) => <StateBadge of="version" state={row.state} />,
    },
    ...matrix.suites.map(
      (suite): Column<Row> => ({
        key: suite,
        header: suite,
        numeric: true,
        render: (row) => <Cell skill={row.cells[suite] ?? null} />,
      }),
    ),
  ];
  return (
    <DataTable
      caption={t("catalog.matrix")}
      columns={columns}
      rows={matrix.rows}
      rowKey={(row) => row.ref}
      wide
    />
  );
}

function Cell({ skill }: { skill: Skill | null }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (!skill) {
    return (
      <Text c="dimmed" size="sm" span title={t("catalog.notExamined")}>
        –
      </Text>
    );
  }
  return (
    <>
      <Text fw={600} size="sm">
        {formats.percent(skill.score)}
      </Text>
      <Text c="dimmed" size="xs">
        {formats.interval(skill.low, skill.high)}
      </Text>
      <Text c="dimmed" size="xs">
        n = {formats.number(skill.items)}
      </Text>
    </>
  );
}
