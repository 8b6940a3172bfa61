import { Group } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ButtonLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { approvalsQuery } from "../api";
import { GateSummary } from "./GateSummary";

/** The approvals that belong to a request; nothing when there are none. */
export function ApprovalOfRequest({ request }: { request: number }) {
  const { t } = useTranslation();
  const { data } = useInfiniteQuery(approvalsQuery(undefined));
  const found = (data?.pages ?? []).flatMap((page) => page.items).filter((each) => each.request === request);
  if (found.length === 0) return null;
  return (
    <Section title={t("approval.approvals")} term={t("approval.approvalsTerm")}>
      {found.map((approval) => (
        <Group key={approval.id} justify="space-between">
          <Group gap="sm">
            <StateBadge of="approval" state={approval.state} />
            <GateSummary lines={approval.gate.lines} />
          </Group>
          <ButtonLink to="/approvals/$id" params={{ id: approval.id }} variant="default" size="xs">
            {t("approval.open")}
          </ButtonLink>
        </Group>
      ))}
    </Section>
  );
}
