import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { EndpointLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { parseRef } from "../../../lib/refs";
import { endpointsQuery } from "../api";

/** Endpoints at which any version of this model works. */
export function EndpointsOfModel({ name }: { name: string }) {
  const { t } = useTranslation();
  const endpoints = useQuery(endpointsQuery);
  return (
    <QueryView query={endpoints} lines={2}>
      {({ items }) => {
        const here = items.filter((endpoint) => {
          const ref = endpoint.current && parseRef(endpoint.current.version);
          return ref && `${ref.department}/${ref.model}` === name;
        });
        if (here.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              {t("deploy.worksNowhere")}
            </Text>
          );
        }
        return (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {here.map((endpoint) => (
              <Group component="li" key={endpoint.name} gap="sm">
                <EndpointLink value={endpoint.name} />
                <Text size="sm" c="dimmed" span>
                  v{parseRef(endpoint.current?.version ?? "")?.number} · {endpoint.title}
                </Text>
                <StateBadge of="endpoint" state={endpoint.state} />
              </Group>
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}
