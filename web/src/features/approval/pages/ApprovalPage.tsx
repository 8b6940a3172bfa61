import { Blockquote, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { ButtonLink, EndpointLink, PageLink, VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { approvalQuery } from "../api";
import { Decision } from "../components/Decision";
import { GateTable } from "../components/GateTable";
import { Readiness } from "../components/Readiness";
import { placeOf } from "../place";

const route = getRouteApi("/shell/approvals/$id");

export function ApprovalPage(): ReactNode {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const approval = useQuery(approvalQuery(id));
  return (
    <QueryView query={approval} lines={10} heading={t("approval.approvals")}>
      {(found) => <ApprovalView approval={found} />}
    </QueryView>
  );
}

function ApprovalView({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <PageHeader
        title={t("approval.title", { version: approval.version, endpoint: placeOf(approval) })}
        term={t("approval.approvalTerm")}
        badge={<StateBadge of="approval" state={approval.state} />}
      />
      <Comment approval={approval} />
      <Section title={t("approval.readinessTitle")}>
        <Readiness lines={approval.readiness} />
      </Section>
      <Section title={t("approval.gates")} term={t("approval.gatesTerm")}>
        <GateTable lines={approval.gate.lines} />
      </Section>
      <Section title={t("approval.what")}>
        <ApprovalFacts approval={approval} />
      </Section>
      <Decision approval={approval} />
    </Stack>
  );
}

/** Why the requester asks, in their words. */
function Comment({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  const number = approval.request;
  return (
    <Section
      title={t("approval.comment")}
      actions={
        <PageLink to="/requests/$number" params={{ number: String(number) }} size="sm">
          {t("approval.request", { number })}
        </PageLink>
      }
    >
      <Blockquote p="md" cite={`– ${approval.requester}`} styles={{ cite: { color: "inherit", opacity: 1 } }}>
        <Text fw={600}>{approval.title}</Text>
        <Text style={{ whiteSpace: "pre-line" }}>{approval.need}</Text>
      </Blockquote>
    </Section>
  );
}

function ApprovalFacts({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      <Facts
        facts={[
          [t("approval.version"), <VersionLink key="version" value={approval.version} />],
          [
            t("approval.endpoint"),
            approval.endpoint && <EndpointLink key="endpoint" value={approval.endpoint} />,
          ],
          [t("approval.alias"), approval.alias && <code key="alias">{approval.alias}</code>],
          [t("approval.aliasWas"), approval.alias_was],
          [t("common.department"), approval.department],
          [t("approval.requester"), approval.requester],
          [t("common.created"), formats.date(approval.created_at)],
          [t("common.digest"), <Digest key="digest" value={approval.digest} />],
        ]}
      />
      <Text size="sm" c="dimmed">
        {t("approval.digestHint")}
      </Text>
      {approval.state === "approved" && approval.endpoint && <DeployLink endpoint={approval.endpoint} />}
    </>
  );
}

function DeployLink({ endpoint }: { endpoint: string }) {
  const { t } = useTranslation();
  const [department, name] = endpoint.split("/");
  if (!department || !name) return null;
  return (
    <div>
      <ButtonLink to="/endpoints/$department/$name" params={{ department, name }} variant="default">
        {t("approval.toEndpoint")}
      </ButtonLink>
    </div>
  );
}
