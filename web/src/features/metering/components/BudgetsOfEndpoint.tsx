import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useDepartmentTitle } from "../../../api/departments";
import type { Budget } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { budgetsQuery } from "../api";
import { Burn, Forecast } from "./Burn";

/** The budgets that cover an endpoint, how far they are used, and where the month is going. */
export function BudgetsOfEndpoint({ department, endpoint }: { department: string; endpoint: string }) {
  const { t } = useTranslation();
  const titleOf = useDepartmentTitle();
  const budgets = useQuery(budgetsQuery(department));
  const covers = ({ kind, subject }: Budget) =>
    kind === "department" ? subject === department : kind === "endpoint" && subject === endpoint;
  return (
    <Stack gap="xs">
      <Text fw={600} size="sm">
        {t("metering.budgetsOf", { endpoint })}
      </Text>
      <QueryView query={budgets} lines={2}>
        {({ items }) => {
          const found = items.filter(covers);
          return found.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("metering.noBudgetOf")}
            </Text>
          ) : (
            <DataTable
              caption={t("metering.budgetsOf", { endpoint })}
              rows={found}
              rowKey={(each) => `${each.kind} ${each.subject}`}
              columns={[
                {
                  key: "of",
                  header: t("metering.budgetOf"),
                  render: (each) => `${t(`metering.kind_${each.kind}`)}: ${each.name}`,
                },
                { key: "used", header: t("metering.used"), render: (each) => <Burn budget={each} /> },
                {
                  key: "forecast",
                  header: t("metering.forecast"),
                  render: (each) => <Forecast budget={each} />,
                },
              ]}
            />
          );
        }}
      </QueryView>
      <Group>
        <PageLink to="/billing/$department" params={{ department }} size="sm">
          {t("metering.toBillOf", { department: titleOf(department) })}
        </PageLink>
      </Group>
    </Stack>
  );
}
