import { Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Department } from "../../../components/Department";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { requestsQuery } from "../api";

/** Requests that are under way, for the home page. */
export function RequestTasks({ limit = 5 }: { limit?: number }) {
  const { t } = useTranslation();
  const requests = useInfiniteQuery(requestsQuery({}));
  return (
    <QueryView query={requests} lines={3}>
      {({ pages }) => {
        const rows = pages
          .flatMap((page) => page.items)
          .filter(
            ({ state }) => !["closed", "rejected", "withdrawn", "delivered", "accepted"].includes(state),
          )
          .slice(0, limit);
        if (rows.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              {t("home.noRequests")}
            </Text>
          );
        }
        return (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {rows.map((request) => (
              <Group component="li" key={request.number} justify="space-between" gap="xs" align="flex-start">
                <div>
                  <PageLink to="/requests/$number" params={{ number: String(request.number) }} size="sm">
                    <bdi>{request.title}</bdi>
                  </PageLink>
                  <Text size="xs" c="dimmed" component="div">
                    #{request.number} · <Department of={request.department} /> · <Since at={request.since} />
                  </Text>
                </div>
                <StateBadge of="request" state={request.state} />
              </Group>
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}
