import { Stack, Text, Timeline } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Request } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Facts } from "../../../components/Facts";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { requestQuery, useWithdraw } from "../api";
import { FINAL } from "../states";

const route = getRouteApi("/shell/requests/$number");

/** `decision` shows the approval that belongs to the request. */
export function RequestPage({ decision }: { decision: (request: number) => ReactNode }): ReactNode {
  const { number } = route.useParams();
  const request = useQuery(requestQuery(Number(number)));
  return (
    <QueryView query={request} lines={8} heading={`#${number}`}>
      {(found) => <RequestView request={found} decision={decision(found.number)} />}
    </QueryView>
  );
}

function RequestView({ request, decision }: { request: Request; decision: ReactNode }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const withdraw = useWithdraw(request.number, t("requests.withdrawn"));
  return (
    <Stack>
      <PageHeader
        title={`#${request.number} ${request.title}`}
        term={t("requests.requestTerm")}
        badge={<StateBadge of="request" state={request.state} />}
        actions={
          may("request.write") &&
          !FINAL.includes(request.state) && (
            <ReasonButton
              label={t("requests.withdraw")}
              explanation={t("requests.withdrawHint")}
              variant="default"
              onConfirm={(reason) => withdraw.mutateAsync(reason)}
            />
          )
        }
      />
      <Section title={t("requests.need")}>
        <Text style={{ whiteSpace: "pre-line" }}>{request.need}</Text>
        <Facts
          facts={[
            [t("common.department"), request.department],
            [t("requests.requester"), request.requester],
            [t("common.created"), formats.date(request.created_at)],
            [t("requests.users"), request.users !== null && formats.number(request.users)],
            [t("requests.deadline"), request.deadline && formats.day(request.deadline)],
            [t("requests.version"), request.version && <VersionLink value={request.version} />],
            [t("requests.endpoint"), request.endpoint && <EndpointLink value={request.endpoint} />],
          ]}
        />
        <Examples examples={request.examples} />
      </Section>
      {decision}
      <Section title={t("requests.timeline")}>
        <History request={request} />
      </Section>
    </Stack>
  );
}

/** Questions with the answers that the requester would like. */
function Examples({ examples }: { examples: Request["examples"] }) {
  const { t } = useTranslation();
  if (examples.length === 0) return null;
  return (
    <DataTable
      caption={t("requests.examples")}
      rows={examples}
      rowKey={(example) => `${example.question} ${example.answer}`}
      columns={[
        { key: "question", header: t("requests.question"), render: (example) => example.question },
        { key: "answer", header: t("requests.answer"), render: (example) => example.answer },
      ]}
    />
  );
}

function History({ request }: { request: Request }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <Timeline
      active={request.timeline.length - 1}
      bulletSize={16}
      lineWidth={2}
      aria-label={t("requests.timeline")}
    >
      {request.timeline.map((entry) => (
        <Timeline.Item key={`${entry.at} ${entry.state}`} title={label("state.request", entry.state)}>
          {entry.note && <Text size="sm">{entry.note}</Text>}
          <Text size="xs" c="dimmed">
            {entry.actor} · {formats.date(entry.at)}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}
