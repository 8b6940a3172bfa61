import { Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay } from "../../../api/session";
import type { Job } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { ButtonLink, PageLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { type JobFilters, jobsQuery } from "../api";
import { JobProgress } from "../components/Progress";
import { KINDS, STATES } from "../kinds";

const route = getRouteApi("/shell/jobs");

export function JobsPage(): ReactNode {
  const { t } = useTranslation();
  const said = useSaid();
  const may = useMay();
  const formats = useFormats();
  const label = useLabels();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const jobs = useInfiniteQuery(jobsQuery(filters));
  const filter = (changed: Partial<JobFilters>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });

  const columns: Column<Job>[] = [
    {
      key: "title",
      header: t("jobs.job"),
      render: (job) => (
        <>
          <PageLink to="/jobs/$id" params={{ id: job.id }} fw={600}>
            {said(job.title)}
          </PageLink>
          <Text size="xs" c="dimmed">
            {label("kind.job", job.kind)}
          </Text>
        </>
      ),
    },
    {
      key: "department",
      header: t("common.department"),
      render: (job) => <Department of={job.department} />,
    },
    {
      key: "state",
      header: t("common.state"),
      render: (job) => (
        <Stack gap={4} align="flex-start">
          <StateBadge of="job" state={job.state} />
          {job.state === "running" ? (
            <JobProgress fraction={job.progress} stage={job.stage} state={job.state} />
          ) : (
            <Text size="xs" c="dimmed" maw="40ch">
              {job.position !== null && `${t("jobs.position", { position: formats.number(job.position) })} `}
              {said(job.reason)}
            </Text>
          )}
        </Stack>
      ),
    },
    { key: "since", header: t("common.since"), render: (job) => <Since at={job.since} /> },
    { key: "took", header: t("jobs.took"), numeric: true, render: (job) => formats.duration(job.seconds) },
    { key: "by", header: t("common.by"), render: (job) => job.created_by || "aird" },
  ];

  return (
    <Stack>
      <PageHeader title={t("jobs.jobs")} term={t("jobs.jobsTerm")} description={t("jobs.jobsHint")} />
      <FilterBar>
        <FilterChoice
          label={t("common.state")}
          value={filters.state}
          choices={STATES.map((state) => ({ value: state, label: label("state.job", state) }))}
          onChange={(value) => filter({ state: STATES.find((each) => each === value) })}
        />
        <FilterChoice
          label={t("common.kind")}
          value={filters.kind}
          choices={KINDS.map((kind) => ({ value: kind, label: label("kind.job", kind) }))}
          onChange={(kind) => filter({ kind })}
        />
        <FilterChoice
          label={t("common.department")}
          value={filters.department}
          choices={departments}
          onChange={(department) => filter({ department })}
        />
      </FilterBar>
      <PagedTable
        query={jobs}
        caption={t("jobs.jobs")}
        columns={columns}
        rowKey={(job) => job.id}
        empty={
          <EmptyState
            title={t("jobs.none")}
            hint={t("jobs.noneHint")}
            action={may("job.run") && <ButtonLink to="/studio/training">{t("jobs.trainOne")}</ButtonLink>}
          />
        }
      />
    </Stack>
  );
}
