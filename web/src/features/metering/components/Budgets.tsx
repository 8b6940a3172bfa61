import { Badge, Button, Group, Progress, Stack, Text } from "@mantine/core";
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

function share(part: number, whole: number) {
  return whole > 0 ? (part / whole) * 100 : part > 0 ? 100 : 0;
}

function Burn({ budget }: { budget: Budget }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const used = share(budget.used_micro, budget.limit_micro);
  const color = used >= 100 ? "red" : used >= budget.alert_percent ? "yellow" : "teal";
  const words = t("metering.usedOf", {
    used: formats.money(budget.used_micro, budget.currency),
    limit: formats.money(budget.limit_micro, budget.currency),
  });
  return (
    <Stack gap={4} miw="9rem">
      <Progress.Root>
        <Progress.Section value={Math.min(used, 100)} color={color} aria-label={words} />
      </Progress.Root>
      <Text size="xs">{words}</Text>
    </Stack>
  );
}

function Forecast({ budget }: { budget: Budget }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const over = budget.forecast_micro > budget.limit_micro;
  return (
    <Group gap="xs">
      <Text size="sm">{formats.money(budget.forecast_micro, budget.currency)}</Text>
      {over && (
        <Badge color="red" variant="light">
          {t("metering.over")}
        </Badge>
      )}
    </Group>
  );
}
