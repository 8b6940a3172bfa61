import { Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Bill } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { type Column, DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { PageLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { usageQuery } from "../api";
import { Budgets } from "../components/Budgets";
import { Downloads } from "../components/Downloads";
import { MonthChoice } from "../components/MonthChoice";
import { Reconciliation } from "../components/Reconciliation";
import { UnitCosts } from "../components/UnitCosts";

const route = getRouteApi("/shell/billing");

/** What each department owes for a month. */
export function BillingPage() {
  const { t } = useTranslation();
  const { month } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(usageQuery(month));
  const months = month ? ` --month ${month}` : "";
  return (
    <Stack>
      <PageHeader
        title={t("metering.billing")}
        term={t("metering.billingTerm")}
        description={t("metering.billingHint")}
        actions={
          <Group align="end">
            <MonthChoice
              month={month}
              choose={(chosen) => void navigate({ search: { month: chosen }, replace: true })}
            />
            <CopyAs
              what={t("metering.billing")}
              cli={`aird bill${months}`}
              python={`bill = client.usage.get(${month ? `month="${month}"` : ""})`}
              api={`/api/v1/usage${month ? `?month=${month}` : ""}`}
              yaml={query.data ?? {}}
            />
          </Group>
        }
      />
      <QueryView query={query}>
        {(bill) => (
          <Section title={t("metering.departments")}>
            <Departments bill={bill} month={month} />
            <Reconciliation bill={bill} />
            <Downloads month={month} />
          </Section>
        )}
      </QueryView>
      <Budgets />
      <UnitCosts month={month} />
    </Stack>
  );
}

type Line = Pick<
  Bill["departments"][number],
  "department" | "cost_micro" | "compute_milliseconds" | "compute_micro" | "total_micro"
>;

function Departments({ bill, month }: { bill: Bill; month: string | undefined }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const total: Line = {
    department: "",
    cost_micro: bill.total.cost_micro,
    compute_milliseconds: bill.compute_milliseconds,
    compute_micro: bill.compute_micro,
    total_micro: bill.total_micro,
  };
  const columns: Column<Line>[] = [
    {
      key: "department",
      header: t("common.department"),
      render: (line) =>
        line.department ? (
          <PageLink to="/billing/$department" params={{ department: line.department }} search={{ month }}>
            <Department of={line.department} />
          </PageLink>
        ) : (
          t("metering.total")
        ),
    },
    {
      key: "tokens",
      header: t("metering.tokens"),
      numeric: true,
      render: (line) => formats.money(line.cost_micro, bill.currency),
    },
    {
      key: "time",
      header: t("metering.chipTime"),
      numeric: true,
      render: (line) => formats.duration((line.compute_milliseconds ?? 0) / 1000),
    },
    {
      key: "compute",
      header: t("metering.compute"),
      numeric: true,
      render: (line) => formats.money(line.compute_micro, bill.currency),
    },
    {
      key: "total",
      header: t("metering.toPay"),
      numeric: true,
      render: (line) => formats.money(line.total_micro, bill.currency),
    },
  ];
  return (
    <DataTable
      caption={t("metering.departments")}
      columns={columns}
      rows={[...bill.departments, total]}
      rowKey={(line) => line.department}
    />
  );
}
