import { Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay } from "../../../api/session";
import type { Request } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { ButtonLink, EndpointLink, PageLink, VersionLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useLabels } from "../../../lib/useLabels";
import { type RequestFilters, requestsQuery } from "../api";
import { STATES } from "../states";

const route = getRouteApi("/shell/requests");

export function RequestsPage(): ReactNode {
  const { t } = useTranslation();
  const label = useLabels();
  const may = useMay();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const requests = useInfiniteQuery(requestsQuery(filters));
  const filter = (changed: Partial<RequestFilters>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const create = may("request.write") && <ButtonLink to="/requests/new">{t("requests.new")}</ButtonLink>;

  const columns: Column<Request>[] = [
    {
      key: "title",
      header: t("requests.request"),
      render: (request) => (
        <>
          <PageLink to="/requests/$number" params={{ number: String(request.number) }} fw={600}>
            #{request.number} {request.title}
          </PageLink>
          <Text size="xs" c="dimmed" lineClamp={2}>
            {request.need}
          </Text>
        </>
      ),
    },
    {
      key: "department",
      header: t("common.department"),
      render: (request) => <Department of={request.department} />,
    },
    { key: "state", header: t("common.state"), render: (r) => <StateBadge of="request" state={r.state} /> },
    {
      key: "version",
      header: t("requests.version"),
      render: (request) => (request.version ? <VersionLink value={request.version} /> : "–"),
    },
    {
      key: "endpoint",
      header: t("requests.endpoint"),
      render: (request) => (request.endpoint ? <EndpointLink value={request.endpoint} /> : "–"),
    },
    { key: "by", header: t("requests.requester"), render: (request) => request.requester },
    { key: "created", header: t("common.created"), render: (request) => <Since at={request.created_at} /> },
  ];

  return (
    <Stack>
      <PageHeader
        title={t("requests.requests")}
        term={t("requests.requestsTerm")}
        description={t("requests.hint")}
        actions={create}
      />
      <FilterBar>
        <FilterChoice
          label={t("common.state")}
          value={filters.state}
          choices={STATES.map((state) => ({ value: state, label: label("state.request", state) }))}
          onChange={(value) => filter({ state: STATES.find((each) => each === value) })}
        />
        <FilterChoice
          label={t("common.department")}
          value={filters.department}
          choices={departments}
          onChange={(department) => filter({ department })}
        />
      </FilterBar>
      <PagedTable
        query={requests}
        caption={t("requests.requests")}
        columns={columns}
        rowKey={(request) => request.id}
        empty={<EmptyState title={t("requests.none")} hint={t("requests.noneHint")} action={create} />}
      />
    </Stack>
  );
}
