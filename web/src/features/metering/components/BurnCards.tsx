import { Group, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { budgetsQuery } from "../api";

/** The budgets that are nearest to their end, for the home page. */
export function BurnCards({ limit = 4 }: { limit?: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const budgets = useQuery(budgetsQuery());
  return (
    <QueryView query={budgets} lines={2}>
      {({ items }) => {
        const share = (each: (typeof items)[number]) => each.used_micro / Math.max(1, each.limit_micro);
        const shown = [...items].sort((a, b) => share(b) - share(a)).slice(0, limit);
        if (shown.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              {t("home.noBudgets")}
            </Text>
          );
        }
        return (
          <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: "none" }}>
            {shown.map((each) => {
              const says = t("home.burnOf", {
                used: formats.money(each.used_micro, each.currency),
                limit: formats.money(each.limit_micro, each.currency),
                forecast: formats.money(each.forecast_micro, each.currency),
              });
              return (
                <li key={`${each.kind} ${each.subject}`}>
                  <Group justify="space-between" gap="xs">
                    <PageLink to="/billing/$department" params={{ department: each.department }} size="sm">
                      <bdi>{each.name}</bdi>
                    </PageLink>
                    <Text size="xs" c="dimmed">
                      {says}
                    </Text>
                  </Group>
                  <Progress
                    value={Math.min(100, 100 * share(each))}
                    color={each.forecast_micro > each.limit_micro ? "red" : "teal"}
                    aria-label={`${each.name}: ${says}`}
                  />
                </li>
              );
            })}
          </Stack>
        );
      }}
    </QueryView>
  );
}
