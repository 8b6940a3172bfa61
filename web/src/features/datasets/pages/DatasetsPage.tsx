import { Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay } from "../../../api/session";
import type { Dataset } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { PageLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { type DatasetFilters, datasetsQuery } from "../api";
import { NewDataset } from "../components/NewDataset";
import { VerdictBadge } from "../components/VerdictBadge";
import { KINDS, pathOf } from "../words";

const route = getRouteApi("/shell/datasets");

export function DatasetsPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const said = useSaid();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const datasets = useInfiniteQuery(datasetsQuery(filters));
  const filter = (changed: Partial<DatasetFilters>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const create = may("dataset.write") && <NewDataset />;

  const columns: Column<Dataset>[] = [
    {
      key: "name",
      header: t("datasets.dataset"),
      render: ({ name, title }) => {
        const { department, dataset } = pathOf(name);
        return (
          <>
            <PageLink to="/datasets/$department/$name" params={{ department, name: dataset }} fw={600}>
              {said(title)}
            </PageLink>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
          </>
        );
      },
    },
    { key: "kind", header: t("datasets.kind"), render: (row) => t(`datasets.kinds.${row.kind}`) },
    { key: "versions", header: t("datasets.versions"), numeric: true, render: (row) => row.versions },
    {
      key: "items",
      header: t("datasets.items"),
      numeric: true,
      render: (row) => (row.latest ? formats.number(row.latest.items) : "–"),
    },
    {
      key: "license",
      header: t("datasets.license"),
      render: (row) => row.license || t("datasets.notStated"),
    },
    { key: "consent", header: t("datasets.consent"), render: (row) => t(`datasets.consents.${row.consent}`) },
    {
      key: "report",
      header: t("datasets.report"),
      render: (row) => <VerdictBadge version={row.latest} />,
    },
    {
      key: "changed",
      header: t("datasets.filed"),
      render: (row) => <Since at={row.latest?.created_at ?? row.created_at} />,
    },
  ];

  return (
    <Stack>
      <PageHeader
        title={t("datasets.datasets")}
        term={t("datasets.term")}
        description={t("datasets.hint")}
        actions={create}
      />
      <FilterBar>
        <FilterChoice
          label={t("datasets.kind")}
          value={filters.kind}
          choices={KINDS.map((kind) => ({ value: kind, label: t(`datasets.kinds.${kind}`) }))}
          onChange={(value) => filter({ kind: KINDS.find((each) => each === value) })}
        />
        <FilterChoice
          label={t("common.department")}
          value={filters.department}
          choices={departments}
          onChange={(department) => filter({ department })}
        />
      </FilterBar>
      <PagedTable
        query={datasets}
        caption={t("datasets.datasets")}
        columns={columns}
        rowKey={(row) => row.name}
        empty={<EmptyState title={t("datasets.none")} hint={t("datasets.noneHint")} action={create} />}
      />
    </Stack>
  );
}
