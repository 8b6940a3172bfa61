import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { CopyBlock } from "../../../components/CopyBlock";
import { Department } from "../../../components/Department";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { isFinal, jobQuery } from "../api";
import { Attempts } from "../components/Attempts";
import { Curves } from "../components/Curves";
import { Decisions } from "../components/Decisions";
import { ExamOrder } from "../components/ExamOrder";
import { ExamRuns, runsOf } from "../components/ExamRuns";
import { Failure } from "../components/Failure";
import { Figures } from "../components/Figures";
import { JobActions } from "../components/JobActions";
import { Log } from "../components/Log";
import { JobProgress } from "../components/Progress";
import { RecipeSection } from "../components/RecipeSection";
import { Waiting } from "../components/Waiting";
import { useJobHistory } from "../useJobHistory";

const route = getRouteApi("/shell/jobs/$id");

/** One job: it belongs to the server, this page only looks on. */
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
  const said = useSaid();
  const label = useLabels();
  const final = isFinal(job);
  const { history, connection } = useJobHistory(job.id, final);
  return (
    <Stack>
      <PageHeader
        title={said(job.title)}
        term={label("kind.job", job.kind)}
        badge={<StateBadge of="job" state={job.state} />}
        actions={
          <>
            <JobActions job={job} />
            <CopyAs
              what={said(job.title)}
              cli={`aird jobs get ${job.id}`}
              python={`job = client.jobs.get("${job.id}")`}
              api={`/api/v1/jobs/${job.id}`}
              yaml={job}
            />
          </>
        }
        description={
          <span aria-live="polite">
            {job.state !== "queued" && job.state !== "failed" && said(job.reason)} {t("common.since")}{" "}
            <Since at={job.since} />
          </span>
        }
      />
      <Failure job={job} />
      <Waiting job={job} />
      <ExamOrder job={job} />
      <Section title={t("jobs.progress")} term={final ? undefined : t(`jobs.connection.${connection}`)}>
        <JobProgress
          fraction={history.fraction ?? job.progress}
          stage={history.stage ?? job.stage}
          step={history.step}
          total={history.total}
          state={job.state}
        />
        <Figures job={job} metrics={history.metrics} />
        <Curves stages={history.stages} />
        <Text size="xs" c="dimmed">
          {t("jobs.closeHint")}
        </Text>
      </Section>
      {job.result && (
        <Section title={t("jobs.result")}>
          <Result result={job.result} />
        </Section>
      )}
      <Section title={t("jobs.log")}>
        <Log name={`job-${job.id}`} lines={history.log} dropped={history.dropped} />
      </Section>
      <RecipeSection job={job} />
      <Attempts job={job} history={history} />
      <Decisions job={job} />
      <Section title={t("jobs.details")}>
        <JobFacts job={job} />
      </Section>
    </Stack>
  );
}

function JobFacts({ job }: { job: Job }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Facts
      facts={[
        [t("common.department"), <Department key="department" of={job.department} />],
        [t("common.by"), job.created_by],
        [t("jobs.created"), formats.date(job.created_at)],
        [t("jobs.started"), job.started_at && formats.date(job.started_at)],
        [t("jobs.finished"), job.finished_at && formats.date(job.finished_at)],
        [t("jobs.expected"), job.estimate?.seconds && formats.duration(Math.round(job.estimate.seconds))],
        [t("jobs.expectedMemory"), job.estimate?.memory && formats.bytes(job.estimate.memory)],
        [t("jobs.peakMemory"), job.peak_memory && formats.bytes(job.peak_memory)],
        [t("jobs.seats"), job.seats.map(({ machine, flavour }) => `${machine} (${flavour})`).join(", ")],
        [t("jobs.id"), <code key="id">{job.id}</code>],
      ]}
    />
  );
}

/** What the job made; a reference to a version is a link. */
function Result({ result }: { result: Record<string, unknown> }) {
  const { t } = useTranslation();
  const runs = runsOf(result);
  if (runs) return <ExamRuns runs={runs} />;
  const version = typeof result.version === "string" ? result.version : null;
  return (
    <Stack gap="sm">
      {version && (
        <Text size="sm">
          {t("jobs.made")} <VersionLink value={version} />
        </Text>
      )}
      <CopyBlock text={JSON.stringify(result, null, 2)} what={t("jobs.result")} maxHeight={240} />
    </Stack>
  );
}
