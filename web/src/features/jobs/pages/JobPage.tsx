import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Job } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { isFinal, jobQuery, useCancelJob, useRetryJob } from "../api";
import { Log } from "../components/Log";
import { LossCurve } from "../components/LossCurve";
import { JobProgress } from "../components/Progress";
import { useJobHistory } from "../useJobHistory";

const route = getRouteApi("/shell/jobs/$id");

export function JobPage(): ReactNode {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const job = useQuery(jobQuery(id));
  return (
    <QueryView query={job} lines={10} heading={t("jobs.job")}>
      {(found) => <JobView key={id} job={found} />}
    </QueryView>
  );
}

function JobView({ job }: { job: Job }) {
  const { t } = useTranslation();
  const label = useLabels();
  const final = isFinal(job);
  const { history, connection } = useJobHistory(job.id, final);
  return (
    <Stack>
      <PageHeader
        title={job.title}
        term={label("kind.job", job.kind)}
        badge={<StateBadge of="job" state={job.state} />}
        actions={<JobActions job={job} />}
        description={
          <span aria-live="polite">
            {job.reason} {t("common.since")} · <Since at={job.since} />
          </span>
        }
      />
      {job.error && (
        <Alert
          color="red"
          icon={<IconAlertTriangle aria-hidden />}
          title={label("errors", job.error.code)}
          role="alert"
        >
          {job.error.message}
        </Alert>
      )}
      <Section title={t("jobs.progress")} term={final ? undefined : t(`jobs.connection.${connection}`)}>
        <JobProgress
          fraction={history.fraction ?? job.progress}
          stage={history.stage ?? job.stage}
          step={history.step}
          total={history.total}
          state={job.state}
        />
        <Metrics metrics={{ ...job.metrics, ...history.metrics }} />
        <LossCurve points={history.losses} />
        <Text size="xs" c="dimmed">
          {t("jobs.closeHint")}
        </Text>
      </Section>
      <Section title={t("jobs.log")}>
        <Log lines={history.log} dropped={history.dropped} />
      </Section>
      <Section title={t("jobs.details")}>
        <JobFacts job={job} />
      </Section>
      {job.result && (
        <Section title={t("jobs.result")}>
          <Result result={job.result} />
        </Section>
      )}
      <Section title={t("jobs.recipe")} term={t("jobs.recipeTerm")}>
        <CopyBlock text={JSON.stringify(job.spec, null, 2)} what={t("jobs.recipe")} />
      </Section>
    </Stack>
  );
}

function JobActions({ job }: { job: Job }) {
  const { t } = useTranslation();
  const may = useMay();
  const cancel = useCancelJob(job.id, t("jobs.cancelled"));
  const retry = useRetryJob(job.id, t("jobs.retried"));
  if (!may("job.run")) return null;
  if (!isFinal(job)) {
    return (
      <Button
        color="red"
        variant="light"
        disabled={job.cancel_requested}
        loading={cancel.isPending}
        onClick={() => cancel.mutate(undefined)}
      >
        {t("jobs.cancel")}
      </Button>
    );
  }
  if (job.state === "succeeded") return null;
  return (
    <Button loading={retry.isPending} onClick={() => retry.mutate(undefined)}>
      {t("jobs.retry")}
    </Button>
  );
}

function Metrics({ metrics }: { metrics: Record<string, unknown> }) {
  const formats = useFormats();
  const label = useLabels();
  const facts = Object.entries(metrics)
    .filter(([, value]) => typeof value === "number")
    .map(([name, value]): [string, string] => [label("measure", name), formats.measure(Number(value))]);
  return <Facts facts={facts} />;
}

function JobFacts({ job }: { job: Job }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Facts
      facts={[
        [t("common.department"), job.department],
        [t("common.by"), job.created_by],
        [t("jobs.created"), formats.date(job.created_at)],
        [t("jobs.started"), job.started_at && formats.date(job.started_at)],
        [t("jobs.finished"), job.finished_at && formats.date(job.finished_at)],
        [t("jobs.took"), formats.duration(job.seconds)],
        [t("jobs.attempt"), `${job.attempt} / ${job.max_attempts}`],
        ["id", <code key="id">{job.id}</code>],
      ]}
    />
  );
}

/** What the job made; a reference to a version is a link. */
function Result({ result }: { result: Record<string, unknown> }) {
  const { t } = useTranslation();
  const version = typeof result.version === "string" ? result.version : null;
  return (
    <Stack gap="sm">
      {version && (
        <Text size="sm">
          {t("jobs.made")} <VersionLink value={version} />
        </Text>
      )}
      <CopyBlock text={JSON.stringify(result, null, 2)} what={t("jobs.result")} />
    </Stack>
  );
}
