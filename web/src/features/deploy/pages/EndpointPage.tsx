import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { EndpointDetail } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../lib/useSaid";
import { endpointQuery, useRollback, useStop } from "../api";
import { DeployForm } from "../components/DeployForm";
import { Deployments, Replicas } from "../components/Deployments";
import { EndpointUsage } from "../components/EndpointUsage";
import { Keys } from "../components/Keys";
import { Playground, type RenderFeedback } from "../components/Playground";
import { Snippet } from "../components/Snippet";
import { TrialSection } from "../delivery/TrialSection";
import { TryEndpoint } from "../playground/TryLinks";
import { CapacityButton, CapacityFacts } from "../serving/Capacity";
import { CaptureSection } from "../serving/CaptureSection";

const route = getRouteApi("/shell/endpoints/$department/$name");

/** `feedback` renders the thumbs under an answer. */
export function EndpointPage({ feedback }: { feedback: RenderFeedback }): ReactNode {
  const { department, name } = route.useParams();
  const endpoint = useQuery(endpointQuery(department, name));
  return (
    <QueryView query={endpoint} lines={10} heading={`${department}/${name}`}>
      {(found) => <EndpointView endpoint={found} name={name} feedback={feedback} />}
    </QueryView>
  );
}

interface ViewProps {
  endpoint: EndpointDetail;
  name: string;
  feedback: RenderFeedback;
}

function EndpointView({ endpoint, name, feedback }: ViewProps) {
  const { t } = useTranslation();
  const said = useSaid();
  const may = useMay();
  const { trial } = route.useSearch();
  const navigate = route.useNavigate();
  const { department } = endpoint;
  return (
    <Stack>
      <PageHeader
        title={endpoint.title}
        term={t("deploy.endpointTerm", { name: endpoint.name })}
        badge={<StateBadge of="endpoint" state={endpoint.state} />}
        description={
          <span aria-live="polite">
            {said(endpoint.reason)} {t("common.since")} <Since at={endpoint.since} />
          </span>
        }
        actions={
          <>
            <CopyAs
              what={endpoint.name}
              cli={`aird deploy status ${endpoint.name}`}
              python={`client.endpoints.get("${endpoint.name}")`}
              api={`/api/v1/endpoints/${endpoint.name}`}
              yaml={endpoint}
            />
            {may("endpoint.manage", department) && <EndpointActions endpoint={endpoint} name={name} />}
          </>
        }
      />
      <Section title={t("deploy.assignment")} term={t("deploy.assignmentTerm")}>
        <Assignment endpoint={endpoint} />
        {may("endpoint.manage", department) && <DeployForm endpoint={endpoint} name={name} />}
      </Section>
      <Section
        title={t("serving.engines")}
        term={t("serving.enginesTerm")}
        actions={may("endpoint.manage", department) && <CapacityButton endpoint={endpoint} name={name} />}
      >
        <CapacityFacts endpoint={endpoint} />
        <Replicas replicas={endpoint.replicas} />
      </Section>
      <TrialSection
        endpoint={endpoint}
        name={name}
        chosen={trial}
        onChoose={(number) => void navigate({ search: { trial: number }, resetScroll: false })}
      />
      {may("endpoint.use") && (
        <Section
          title={t("deploy.playground")}
          term={t("deploy.playgroundTerm")}
          actions={<TryEndpoint name={endpoint.name} />}
        >
          <Playground key={endpoint.name} endpoint={endpoint} feedback={feedback} />
        </Section>
      )}
      <Section title={t("deploy.call")} term="API">
        <Snippet model={endpoint.model} />
      </Section>
      {may("key.manage", department) && (
        <Section title={t("deploy.keys")} term={t("deploy.keysTerm")}>
          <Keys department={department} />
        </Section>
      )}
      <Section title={t("deploy.usage")} term={t("deploy.usageTerm")}>
        <EndpointUsage department={department} name={endpoint.name} />
      </Section>
      <CaptureSection department={department} name={name} />
      <Section title={t("deploy.history")}>
        <Deployments deployments={endpoint.deployments} />
      </Section>
    </Stack>
  );
}

function EndpointActions({ endpoint, name }: { endpoint: EndpointDetail; name: string }) {
  const { t } = useTranslation();
  const rollback = useRollback(endpoint.department, name, t("deploy.rolledBack"));
  const stop = useStop(endpoint.department, name, t("deploy.stopped"));
  return (
    <>
      {endpoint.previous && (
        <ReasonButton
          label={t("deploy.rollback")}
          variant="default"
          explanation={t("deploy.rollbackHint", { version: endpoint.previous.version })}
          onConfirm={(reason) => rollback.mutateAsync(reason)}
        />
      )}
      {endpoint.state !== "stopped" && endpoint.state !== "empty" && (
        <ReasonButton
          label={t("deploy.stop")}
          variant="default"
          color="red"
          explanation={t("deploy.stopHint")}
          onConfirm={(reason) => stop.mutateAsync(reason)}
        />
      )}
    </>
  );
}

function Assignment({ endpoint }: { endpoint: EndpointDetail }) {
  const { t } = useTranslation();
  const { current, previous, serving } = endpoint;
  if (!current) return <Text size="sm">{t("deploy.nobodyWorksHere")}</Text>;
  return (
    <Facts
      facts={[
        [t("deploy.current"), <VersionLink key="current" value={current.version} />],
        [t("common.digest"), <Digest key="digest" value={current.digest} />],
        [
          t("deploy.serving"),
          serving && serving.number !== current.number && <VersionLink value={serving.version} />,
        ],
        [t("common.since"), <Since key="since" at={current.since} />],
        [t("deploy.previous"), previous && <VersionLink value={previous.version} />],
      ]}
    />
  );
}
