import { Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import type { VersionSummary } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import type { Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice, FilterText } from "../../../components/FilterBar";
import { ButtonLink, PageLink, VersionLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { parseRef } from "../../../lib/refs";
import { useLabels } from "../../../lib/useLabels";
import { type DirectoryFilters, directoryQuery } from "../api";
import { TopSkills } from "../components/TopSkills";
import { KINDS, STATES } from "../lifecycle";

const route = getRouteApi("/shell/models");

export function DirectoryPage(): ReactNode {
  const { t } = useTranslation();
  const label = useLabels();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const versions = useInfiniteQuery(directoryQuery(filters));
  const filtered = Object.values(filters).some((value) => value !== undefined);

  const filter = (changed: Partial<DirectoryFilters>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });

  const columns: Column<VersionSummary>[] = [
    { key: "name", header: t("common.name"), render: (version) => <NameCell version={version} /> },
    {
      key: "department",
      header: t("common.department"),
      render: (version) => parseRef(version.ref)?.department,
    },
    { key: "state", header: t("common.state"), render: (v) => <StateBadge of="version" state={v.state} /> },
    { key: "kind", header: t("common.kind"), render: (version) => label("kind.version", version.kind) },
    {
      key: "skills",
      header: t("catalog.topSkills"),
      render: (version) => <TopSkills skills={version.skills} />,
    },
    {
      key: "base",
      header: t("catalog.base"),
      render: (version) => (version.base ? <VersionLink value={version.base} /> : "–"),
    },
    { key: "created", header: t("catalog.joined"), render: (version) => <Since at={version.created_at} /> },
  ];

  return (
    <Stack>
      <PageHeader
        title={t("catalog.directory")}
        term={t("catalog.directoryTerm")}
        description={t("catalog.directoryHint")}
        actions={
          <ButtonLink to="/skills" variant="default">
            {t("catalog.skills")}
          </ButtonLink>
        }
      />
      <FilterBar>
        <FilterText
          key={filters.search === undefined ? "empty" : "search"}
          label={t("common.search")}
          value={filters.search}
          onChange={(search) => filter({ search })}
        />
        <FilterChoice
          label={t("common.department")}
          value={filters.department}
          choices={departments}
          onChange={(department) => filter({ department })}
        />
        <FilterChoice
          label={t("common.state")}
          value={filters.state}
          choices={STATES.map((state) => ({ value: state, label: label("state.version", state) }))}
          onChange={(value) => filter({ state: STATES.find((each) => each === value) })}
        />
        <FilterChoice
          label={t("common.kind")}
          value={filters.kind}
          choices={KINDS.map((kind) => ({ value: kind, label: label("kind.version", kind) }))}
          onChange={(value) => filter({ kind: KINDS.find((each) => each === value) })}
        />
      </FilterBar>
      <PagedTable
        query={versions}
        caption={t("catalog.directory")}
        columns={columns}
        rowKey={(version) => version.ref}
        empty={filtered ? <NothingFound /> : <NobodyYet />}
      />
    </Stack>
  );
}

function NameCell({ version }: { version: VersionSummary }) {
  const ref = parseRef(version.ref);
  if (!ref) return <>{version.ref}</>;
  return (
    <Group gap={8} wrap="nowrap">
      <div>
        <PageLink
          to="/models/$department/$model"
          params={{ department: ref.department, model: ref.model }}
          fw={600}
        >
          {ref.model}
        </PageLink>
        <Text size="xs" c="dimmed">
          {version.ref}
        </Text>
      </div>
    </Group>
  );
}

function NothingFound() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("common.nothingFound")}
      hint={t("common.nothingFoundHint")}
      action={
        <ButtonLink to="/models" search={{}} variant="default">
          {t("common.clearFilters")}
        </ButtonLink>
      }
    />
  );
}

function NobodyYet() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("catalog.nobodyYet")}
      hint={t("catalog.nobodyYetHint")}
      action={
        <CopyBlock text="aird models add support/assistant ./my-model" what={t("catalog.addCommand")} />
      }
    />
  );
}
