import { Button, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay } from "../../../api/session";
import type { PlanRow } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { ButtonLink, PageLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { type PlanFilters, plansQuery } from "../api";
import { PlanPane } from "../components/PlanPane";
import { STATES } from "../states";

const route = getRouteApi("/shell/plans");

export function PlansPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const may = useMay();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const plans = useInfiniteQuery(plansQuery(filters));
  const template = useRef<HTMLInputElement>(null);
  const filtered = Object.values(filters).some((value) => value !== undefined);
  const filter = (changed: Partial<PlanFilters>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  const open = (plan: { name: string }) =>
    void navigate({ to: "/plans/$department/$name", params: parts(plan.name) });

  const columns: Column<PlanRow>[] = [
    {
      key: "title",
      header: t("plans.plan"),
      render: (plan) => (
        <>
          <PageLink to="/plans/$department/$name" params={parts(plan.name)} fw={600}>
            {plan.title}
          </PageLink>
          <Text size="xs" c="dimmed">
            {plan.name}
          </Text>
        </>
      ),
    },
    {
      key: "state",
      header: t("common.state"),
      render: (plan) => <StateBadge of="plan" state={plan.state} />,
    },
    {
      key: "stages",
      header: t("plans.stages"),
      numeric: true,
      render: (plan) => t("plans.passedOf", { passed: plan.passed, all: plan.stages }),
    },
    {
      key: "saved",
      header: t("plans.savedTime"),
      numeric: true,
      render: (plan) => formats.duration(plan.saving.saved_seconds),
    },
    { key: "since", header: t("common.since"), render: (plan) => <Since at={plan.since} /> },
    { key: "by", header: t("common.by"), render: (plan) => plan.created_by },
  ];

  return (
    <Stack>
      <PageHeader title={t("plans.plans")} term={t("plans.plansTerm")} description={t("plans.plansHint")} />
      <FilterBar>
        <FilterChoice
          label={t("common.state")}
          value={filters.state}
          choices={STATES.map((state) => ({ value: state, label: label("state.plan", state) }))}
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
        query={plans}
        caption={t("plans.plans")}
        columns={columns}
        rowKey={(plan) => plan.name}
        empty={
          filtered ? (
            <EmptyState
              title={t("common.nothingFound")}
              hint={t("common.nothingFoundHint")}
              action={
                <ButtonLink to="/plans" search={{}} variant="default">
                  {t("common.clearFilters")}
                </ButtonLink>
              }
            />
          ) : may("job.run") ? (
            <EmptyState
              title={t("plans.none")}
              hint={t("plans.noneHint")}
              action={<Button onClick={() => template.current?.focus()}>{t("plans.chooseTemplate")}</Button>}
            />
          ) : (
            <EmptyState
              title={t("plans.none")}
              hint={t("plans.noneHintReader")}
              action={may("request.write") && <ButtonLink to="/requests/new">{t("requests.new")}</ButtonLink>}
            />
          )
        }
      />
      {may("job.run") && <PlanPane onApplied={open} first={template} />}
    </Stack>
  );
}

function parts(name: string): { department: string; name: string } {
  const [department = "", rest = ""] = name.split("/");
  return { department, name: rest };
}
