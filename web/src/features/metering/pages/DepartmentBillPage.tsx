import { Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useDepartmentTitle } from "../../../api/departments";
import type { Bill } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { type Column, DataTable } from "../../../components/DataTable";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { usageQuery } from "../api";
import { Budgets } from "../components/Budgets";
import { Downloads } from "../components/Downloads";
import { MonthChoice } from "../components/MonthChoice";
import { Reconciliation } from "../components/Reconciliation";
import { UnitCosts } from "../components/UnitCosts";

const route = getRouteApi("/shell/billing/$department");

/** One department's bill for a month: by endpoint, version, key and kind of job. */
export function DepartmentBillPage() {
  const { t } = useTranslation();
  const { department } = route.useParams();
  const title = useDepartmentTitle()(department);
  const { month } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(usageQuery(month, department));
  const address = `/api/v1/usage?department=${department}${month ? `&month=${month}` : ""}`;
  return (
    <Stack>
      <PageHeader
        title={t("metering.billOf", { department: title })}
        term={t("metering.billingTerm")}
        actions={
          <Group align="end">
            <MonthChoice
              month={month}
              choose={(chosen) => void navigate({ search: { month: chosen }, replace: true })}
            />
            <ButtonLink to="/billing" search={{ month }} variant="default">
              {t("metering.allDepartments")}
            </ButtonLink>
            <CopyAs
              what={t("metering.billOf", { department: title })}
              cli={`aird bill --department ${department}${month ? ` --month ${month}` : ""}`}
              python={`bill = client.usage.get(department="${department}"${month ? `, month="${month}"` : ""})`}
              api={address}
              yaml={query.data ?? {}}
            />
          </Group>
        }
      />
      <QueryView query={query}>
        {(bill) => (
          <>
            <Reconciliation bill={bill} />
            <Downloads month={month} department={department} />
            <Lists bill={bill} />
          </>
        )}
      </QueryView>
      <Budgets department={department} />
      <UnitCosts month={month} department={department} />
    </Stack>
  );
}

interface Line {
  name: string;
  requests: number;
  tokens: number | null;
  milliseconds: number | null;
  micro: number;
}

function Lists({ bill }: { bill: Bill }) {
  const { t } = useTranslation();
  const label = useLabels();
  const tokens = (name: string, line: Bill["total"]): Line => ({
    name,
    requests: line.requests,
    tokens: line.prompt_tokens + line.completion_tokens,
    milliseconds: null,
    micro: line.cost_micro,
  });
  const jobs = bill.compute.map((line) => ({
    name: `${label("kind.job", line.kind)} · ${line.chip}`,
    requests: line.jobs,
    tokens: null,
    milliseconds: line.milliseconds,
    micro: line.cost_micro,
  }));
  const keyName = (line: Bill["keys"][number]) =>
    line.prefix ? `${line.name} (${line.prefix}…)` : t("metering.browser");
  return (
    <>
      <List
        title={t("metering.endpoints")}
        bill={bill}
        rows={bill.endpoints.map((l) => tokens(l.endpoint, l))}
      />
      <List
        title={t("metering.versions")}
        bill={bill}
        rows={bill.versions.map((l) => tokens(l.version, l))}
      />
      <List title={t("metering.keys")} bill={bill} rows={bill.keys.map((l) => tokens(keyName(l), l))} />
      <List title={t("metering.jobs")} bill={bill} rows={jobs} />
    </>
  );
}

function List({ title, bill, rows }: { title: string; bill: Bill; rows: Line[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (rows.length === 0) return null;
  const timed = rows.some((line) => line.milliseconds !== null);
  const columns: Column<Line>[] = [
    { key: "name", header: title, render: (line) => line.name },
    {
      key: "requests",
      header: t(timed ? "metering.jobCount" : "metering.requests"),
      numeric: true,
      render: (line) => formats.number(line.requests),
    },
    {
      key: "amount",
      header: t(timed ? "metering.time" : "metering.tokenCount"),
      numeric: true,
      render: (line) =>
        line.milliseconds === null ? formats.number(line.tokens) : formats.duration(line.milliseconds / 1000),
    },
    {
      key: "cost",
      header: t("metering.cost"),
      numeric: true,
      render: (line) => formats.money(line.micro, bill.currency),
    },
  ];
  return (
    <Section title={title}>
      <DataTable caption={title} columns={columns} rows={rows} rowKey={(line) => line.name} />
    </Section>
  );
}
