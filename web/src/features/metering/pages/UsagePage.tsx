import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentTitle } from "../../../api/departments";
import type { Bill as Usage } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink, EndpointLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { jobUsageQuery, usageQuery } from "../api";
import { Budgets } from "../components/Budgets";
import { MonthChoice } from "../components/MonthChoice";
import { Reconciliation } from "../components/Reconciliation";
import { UnitCosts } from "../components/UnitCosts";

const route = getRouteApi("/shell/usage");

export function UsagePage(): ReactNode {
  const { t } = useTranslation();
  const { month } = route.useSearch();
  const navigate = route.useNavigate();
  const usage = useQuery(usageQuery(month));
  return (
    <Stack>
      <PageHeader
        title={t("metering.usage")}
        term={t("metering.usageTerm")}
        description={t("metering.hint")}
        actions={
          <Group align="end">
            <MonthChoice
              month={month}
              choose={(chosen) => void navigate({ search: { month: chosen }, replace: true })}
            />
            <ButtonLink to="/billing" search={{ month }} variant="default">
              {t("metering.toBilling")}
            </ButtonLink>
          </Group>
        }
      />
      <QueryView query={usage}>{(found) => <Bill usage={found} />}</QueryView>
      <Budgets />
      <UnitCosts month={month} />
      <Section title={t("metering.jobs")} term={t("metering.jobsTerm")}>
        <JobSeconds month={month} />
      </Section>
    </Stack>
  );
}

type Line = Usage["total"];

function useLineColumns(currency: string): Column<Line>[] {
  const { t } = useTranslation();
  const formats = useFormats();
  return [
    {
      key: "requests",
      header: t("metering.requests"),
      numeric: true,
      render: (l) => formats.number(l.requests),
    },
    {
      key: "prompt",
      header: t("metering.prompt"),
      numeric: true,
      render: (l) => formats.number(l.prompt_tokens),
    },
    {
      key: "completion",
      header: t("metering.completion"),
      numeric: true,
      render: (line) => formats.number(line.completion_tokens),
    },
    {
      key: "cost",
      header: t("metering.cost"),
      numeric: true,
      render: (l) => formats.money(l.cost_micro, currency),
    },
  ];
}

function Bill({ usage }: { usage: Usage }) {
  const { t } = useTranslation();
  const titleOf = useDepartmentTitle();
  const figures = useLineColumns(usage.currency);
  if (usage.departments.length === 0) {
    return (
      <EmptyState
        title={t("metering.none")}
        hint={t("metering.noneHint")}
        action={
          <ButtonLink to="/endpoints" variant="default">
            {t("metering.toEndpoints")}
          </ButtonLink>
        }
      />
    );
  }
  const departments = [
    ...usage.departments.map((line) => ({ ...line, name: titleOf(line.department) })),
    { ...usage.total, name: t("metering.total") },
  ];
  return (
    <>
      <Section title={t("metering.departments")}>
        <Lines
          caption={t("metering.departments")}
          first={t("common.department")}
          rows={departments}
          figures={figures}
        />
        <Reconciliation bill={usage} />
      </Section>
      <Section title={t("metering.endpoints")}>
        <Lines
          caption={t("metering.endpoints")}
          first={t("metering.endpoint")}
          rows={usage.endpoints.map((line) => ({ ...line, name: line.endpoint }))}
          show={(name) => <EndpointLink value={name} />}
          figures={figures}
        />
      </Section>
      <Section title={t("metering.keys")}>
        <Lines
          caption={t("metering.keys")}
          first={t("metering.key")}
          rows={usage.keys.map((line) => ({
            ...line,
            name: line.prefix ? `${line.name} (${line.prefix}…)` : line.name,
          }))}
          figures={figures}
        />
      </Section>
      <Prices usage={usage} />
    </>
  );
}

interface LinesProps {
  caption: string;
  first: string;
  rows: (Line & { name: string })[];
  figures: Column<Line>[];
  show?: (name: string) => ReactNode;
}

function Lines({ caption, first, rows, figures, show = (name) => name }: LinesProps) {
  const columns = [
    { key: "name", header: first, render: (line: Line & { name: string }) => show(line.name) },
    ...figures,
  ];
  return <DataTable caption={caption} columns={columns} rows={rows} rowKey={(line) => line.name} />;
}

/** Time is priced by a million milliseconds, and told by the hour. */
const HOUR = 3.6;

function Prices({ usage }: { usage: Usage }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <Section title={t("metering.prices")} term={t("metering.pricesTerm")}>
      <DataTable
        caption={t("metering.prices")}
        rows={usage.prices}
        rowKey={(price) => price.sku}
        columns={[
          { key: "sku", header: t("metering.sku"), render: (price) => label("sku", price.sku) },
          {
            key: "price",
            header: t("prices.price"),
            numeric: true,
            render: ({ sku, per_million_micro }) =>
              sku.startsWith("time.")
                ? `${formats.money(per_million_micro * HOUR, usage.currency)} ${t("prices.perHour")}`
                : `${formats.money(per_million_micro, usage.currency)} ${t("prices.perMillion")}`,
          },
        ]}
      />
    </Section>
  );
}

function JobSeconds({ month }: { month: string | undefined }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const query = useQuery(jobUsageQuery(month));
  return (
    <QueryView query={query} lines={3}>
      {({ departments }) =>
        departments.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("metering.noJobs")}
          </Text>
        ) : (
          <DataTable
            caption={t("metering.jobs")}
            rows={departments}
            rowKey={(line) => line.department}
            columns={[
              {
                key: "department",
                header: t("common.department"),
                render: (line) => <Department of={line.department} />,
              },
              {
                key: "jobs",
                header: t("metering.jobCount"),
                numeric: true,
                render: (l) => formats.number(l.jobs),
              },
              {
                key: "time",
                header: t("metering.time"),
                numeric: true,
                render: (l) => formats.duration(l.milliseconds / 1000),
              },
            ]}
          />
        )
      }
    </QueryView>
  );
}
