import { Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { ButtonLink, EndpointLink, PageLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useLabels } from "../../../lib/useLabels";
import { approvalsQuery } from "../api";
import { GateSummary } from "../components/GateSummary";
import { placeOf } from "../place";
import { STATES } from "../states";

const route = getRouteApi("/shell/approvals");

/** The inbox: what waits for a decision, unless another state is asked for. */
export function ApprovalsPage(): ReactNode {
  const { t } = useTranslation();
  const label = useLabels();
  const { state = "pending" } = route.useSearch();
  const navigate = route.useNavigate();
  const approvals = useInfiniteQuery(approvalsQuery(state === "all" ? undefined : state));

  const columns: Column<Approval>[] = [
    {
      key: "version",
      header: t("approval.version"),
      render: (approval) => (
        <PageLink to="/approvals/$id" params={{ id: approval.id }} fw={600}>
          {approval.version}
        </PageLink>
      ),
    },
    {
      key: "endpoint",
      header: t("approval.endpoint"),
      render: (a) => (a.endpoint ? <EndpointLink value={a.endpoint} /> : placeOf(a)),
    },
    { key: "state", header: t("common.state"), render: (a) => <StateBadge of="approval" state={a.state} /> },
    { key: "gate", header: t("approval.gates"), render: (a) => <GateSummary lines={a.gate.lines} /> },
    { key: "by", header: t("approval.requester"), render: (approval) => approval.requester },
    {
      key: "may",
      header: t("approval.yourTurn"),
      render: (approval) => {
        if (approval.state !== "pending") return "–";
        if (approval.may_decide) return t("approval.youMayDecide");
        return label("approval.mayNot", approval.may_not_because ?? "", t("approval.youMayNotDecide"));
      },
    },
    { key: "created", header: t("common.created"), render: (approval) => <Since at={approval.created_at} /> },
  ];

  return (
    <Stack>
      <PageHeader
        title={t("approval.approvals")}
        term={t("approval.approvalsTerm")}
        description={t("approval.hint")}
      />
      <FilterBar>
        <FilterChoice
          label={t("common.state")}
          value={state === "all" ? undefined : state}
          choices={STATES.map((each) => ({ value: each, label: label("state.approval", each) }))}
          onChange={(value) =>
            void navigate({
              search: { state: STATES.find((each) => each === value) ?? "all" },
              replace: true,
            })
          }
        />
      </FilterBar>
      <PagedTable
        query={approvals}
        caption={t("approval.approvals")}
        columns={columns}
        rowKey={(approval) => approval.id}
        empty={
          <EmptyState
            title={t("approval.none")}
            hint={t("approval.noneHint")}
            action={
              <ButtonLink to="/requests" variant="default">
                {t("approval.toRequests")}
              </ButtonLink>
            }
          />
        }
      />
    </Stack>
  );
}
