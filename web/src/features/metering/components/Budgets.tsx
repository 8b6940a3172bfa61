import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Budget } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { budgetsQuery, useRemoveBudget } from "../api";
import { BudgetButton } from "./BudgetButton";
import { Burn, Forecast } from "./Burn";

/** How the budgets stand this month: used, in flight, and where the month is going. */
export function Budgets({ department }: { department?: string }) {
  const { t } = useTranslation();
  const may = useMay()("budget.manage");
  const query = useQuery(budgetsQuery(department));
  return (
    <Section title={t("metering.budgets")} actions={may && <BudgetButton department={department} />}>
      <QueryView query={query} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("metering.noBudgets")}
            </Text>
          ) : (
            <Table items={items} may={may} />
          )
        }
      </QueryView>
    </Section>
  );
}

function Table({ items, may }: { items: Budget[]; may: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const remove = useRemoveBudget(t("metering.budgetRemoved"));
  const columns: Column<Budget>[] = [
    {
      key: "of",
      header: t("metering.budgetOf"),
      render: (each) => `${t(`metering.kind_${each.kind}`)}: ${each.name}`,
    },
    { key: "used", header: t("metering.used"), render: (each) => <Burn budget={each} /> },
    {
      key: "reserved",
      header: t("metering.reserved"),
      numeric: true,
      render: (each) => formats.money(each.reserved_micro, each.currency),
    },
    { key: "forecast", header: t("metering.forecast"), render: (each) => <Forecast budget={each} /> },
    {
      key: "then",
      header: t("metering.onSpent"),
      render: (each) => t(`metering.onSpent_${each.on_spent}`),
    },
  ];
  if (may)
    columns.push({
      key: "act",
      header: t("metering.change"),
      render: (each) => (
        <Group gap="xs" wrap="nowrap">
          <BudgetButton budget={each} />
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            aria-label={`${t("metering.remove")}: ${each.name}`}
            loading={remove.isPending}
            onClick={() => remove.mutate({ kind: each.kind, subject: each.subject })}
          >
            {t("metering.remove")}
          </Button>
        </Group>
      ),
    });
  return (
    <DataTable
      caption={t("metering.budgets")}
      columns={columns}
      rows={items}
      rowKey={(each) => `${each.kind} ${each.subject}`}
    />
  );
}
