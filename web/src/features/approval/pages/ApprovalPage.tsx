import { Blockquote, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { ButtonLink, EndpointLink, PageLink, VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { approvalQuery, replacedQuery } from "../api";
import { Conversation } from "../components/Conversation";
import { Decision } from "../components/Decision";
import { GateTable } from "../components/GateTable";
import { Readiness } from "../components/Readiness";
import { Renew } from "../components/Renew";
import { placeOf } from "../place";

const route = getRouteApi("/shell/approvals/$id");

interface Props {
  /** What is other than in the version that works there now. */
  changes: (version: string, against: string) => ReactNode;
  /** Which runtimes could serve it, and why the others cannot. */
  fits: (version: string) => ReactNode;
}

/** An approval like a pull request: what is wanted, what speaks for it, what changes, and what was said. */
export function ApprovalPage({ changes, fits }: Props): ReactNode {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const approval = useQuery(approvalQuery(id));
  return (
    <QueryView query={approval} lines={10} heading={t("approval.approvals")}>
      {(found) => <ApprovalView approval={found} changes={changes} fits={fits} />}
    </QueryView>
  );
}

function ApprovalView({ approval, changes, fits }: Props & { approval: Approval }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <PageHeader
        title={t("approval.title", { version: approval.version, endpoint: placeOf(approval) })}
        term={t("approval.approvalTerm")}
        badge={<StateBadge of="approval" state={approval.state} />}
        actions={
          <CopyAs
            what={`${approval.version} ${placeOf(approval)}`}
            cli={`aird approvals show ${approval.id}`}
            python={`client.approvals.get("${approval.id}")`}
            api={`/api/v1/approvals/${approval.id}`}
            yaml={approval}
          />
        }
      />
      <Renew approval={approval} />
      <Comment approval={approval} />
      {approval.readiness.length > 0 && (
        <Section title={t("approval.readinessTitle")}>
          <Readiness lines={approval.readiness} />
        </Section>
      )}
      <Section title={t("approval.gates")} term={t("approval.gatesTerm")}>
        <GateTable lines={approval.gate.lines} />
      </Section>
      <Replaced approval={approval} changes={changes} />
      {fits(approval.version)}
      <Section title={t("approval.what")}>
        <ApprovalFacts approval={approval} />
      </Section>
      <Conversation approval={approval} />
      <Decision key={approval.seal} approval={approval} />
    </Stack>
  );
}

/** What is other than where people work now. */
function Replaced({ approval, changes }: Pick<Props, "changes"> & { approval: Approval }) {
  const { t } = useTranslation();
  const replaced = useQuery(replacedQuery(approval.id));
  return (
    <Section title={t("approval.changes")} term={t("approval.changesTerm")}>
      <QueryView query={replaced} lines={3}>
        {({ version, hidden }) => {
          if (hidden) return <Text size="sm">{t("approval.replacesHidden")}</Text>;
          if (version === null) return <Text size="sm">{t("approval.replacesNothing")}</Text>;
          return version === approval.version ? (
            <Text size="sm">{t("approval.replacesItself")}</Text>
          ) : (
            changes(approval.version, version)
          );
        }}
      </QueryView>
    </Section>
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
          [t("approval.seal"), approval.seal && <Digest key="seal" value={approval.seal} />],
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
