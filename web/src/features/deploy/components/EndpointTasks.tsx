import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { EndpointLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../lib/useSaid";
import { endpointsQuery } from "../api";

/** Endpoints for the home page, those in trouble first. */
export function EndpointTasks({ limit = 5 }: { limit?: number }) {
  const { t } = useTranslation();
  const said = useSaid();
  const endpoints = useQuery(endpointsQuery);
  const order = ["failed", "starting", "ready", "stopped", "empty"];
  return (
    <QueryView query={endpoints} lines={3}>
      {({ items }) => {
        const rows = [...items]
          .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
          .slice(0, limit);
        if (rows.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              {t("deploy.none")}
            </Text>
          );
        }
        return (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {rows.map((endpoint) => (
              <Group component="li" key={endpoint.name} justify="space-between" gap="xs" align="flex-start">
                <div>
                  <Text size="sm" component="div">
                    <EndpointLink value={endpoint.name} title={endpoint.title} />
                  </Text>
                  <Text size="xs" c="dimmed" component="div">
                    <Since at={endpoint.since} /> {said(endpoint.reason)}
                  </Text>
                </div>
                <StateBadge of="endpoint" state={endpoint.state} />
              </Group>
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}
