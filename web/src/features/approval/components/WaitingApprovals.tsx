import { Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { approvalsQuery } from "../api";
import { placeOf } from "../place";
import { GateSummary } from "./GateSummary";

/** Decisions that wait for the signed-in person. */
export function WaitingApprovals() {
  const { t } = useTranslation();
  const approvals = useInfiniteQuery(approvalsQuery("pending"));
  return (
    <QueryView query={approvals} lines={3}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items).filter((approval) => approval.may_decide);
        if (rows.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              {t("approval.nothingWaits")}
            </Text>
          );
        }
        return (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {rows.map((approval) => (
              <Group component="li" key={approval.id} justify="space-between" gap="xs" align="flex-start">
                <div>
                  <PageLink to="/approvals/$id" params={{ id: approval.id }} size="sm">
                    <bdi>{approval.title}</bdi>
                  </PageLink>
                  <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                    {t("approval.title", { version: approval.version, endpoint: placeOf(approval) })}
                  </Text>
                  <Text size="xs" c="dimmed" component="div">
                    {approval.requester} · <Since at={approval.created_at} />
                  </Text>
                </div>
                <GateSummary lines={approval.gate.lines} />
              </Group>
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}
