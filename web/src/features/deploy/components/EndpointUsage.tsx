import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Facts } from "../../../components/Facts";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { endpointUsageQuery } from "../api";

/** This month's figures of one endpoint, from the ledger. */
export function EndpointUsage({ department, name }: { department: string; name: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const usage = useQuery(endpointUsageQuery(department));
  return (
    <QueryView query={usage} lines={2}>
      {(found) => {
        const line = found.endpoints.find((each) => each.endpoint === name);
        if (!line) {
          return (
            <Text size="sm" c="dimmed">
              {t("deploy.noUsage", { month: formats.month(found.month) })}
            </Text>
          );
        }
        return (
          <Facts
            facts={[
              [t("deploy.month"), formats.month(found.month)],
              [t("deploy.requests"), formats.number(line.requests)],
              [t("deploy.promptTokens"), formats.number(line.prompt_tokens)],
              [t("deploy.completionTokens"), formats.number(line.completion_tokens)],
              [t("deploy.cost"), formats.money(line.cost_micro, found.currency)],
            ]}
          />
        );
      }}
    </QueryView>
  );
}
