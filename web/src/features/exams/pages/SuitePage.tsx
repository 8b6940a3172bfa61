import { Button, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { ExamRun, SuiteDetail } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import type { Column } from "../../../components/DataTable";
import { Digest } from "../../../components/Digest";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { Facts } from "../../../components/Facts";
import { PageLink, VersionLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { runsQuery, suiteQuery, useOrderExam } from "../api";
import { Questions } from "../components/Questions";
import { Score } from "../components/Score";

const route = getRouteApi("/shell/exams/$department/$name");

/** One exam: what it asks, how it is judged, and who sat it. */
export function SuitePage(): ReactNode {
  const name = route.useParams();
  const suite = useQuery(suiteQuery(name));
  return (
    <QueryView query={suite} heading={`${name.department}/${name.name}`}>
      {(found) => <Exam suite={found} />}
    </QueryView>
  );
}

function Exam({ suite }: { suite: SuiteDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const may = useMay();
  return (
    <Stack>
      <PageHeader
        title={suite.title}
        term={suite.name}
        description={t("exams.suiteHint")}
        actions={
          <CopyAs
            what={suite.name}
            cli={`aird exams results --suite ${suite.name}`}
            python={`suite = client.suites.get("${suite.name}")`}
            api={`/api/v1/suites/${suite.name}`}
            yaml={suite}
          />
        }
      />
      <Section title={t("exams.about")}>
        <Facts
          facts={[
            [t("exams.skill"), suite.skill],
            [t("exams.slotOf"), label("exams.slot", suite.slot)],
            [t("exams.judgedBy"), label("exams.scorer", suite.scorer)],
            [t("exams.questions"), formats.number(suite.items)],
            [t("exams.dataset"), `${suite.dataset} (${suite.split})`],
            [t("exams.digest"), <Digest key="digest" value={suite.digest} />],
          ]}
        />
        {Object.keys(suite.settings).length > 0 && (
          <Code block tabIndex={0} aria-label={t("exams.settings")}>
            {JSON.stringify(suite.settings, null, 2)}
          </Code>
        )}
      </Section>
      {may("job.run") && <Order suite={suite.name} />}
      <Runs suite={suite} />
      <Section title={t("exams.sample")}>
        {suite.items_hidden ? (
          <Text c="dimmed">{t("exams.itemsHidden")}</Text>
        ) : (
          <Questions items={suite.sample} />
        )}
      </Section>
    </Stack>
  );
}

function Order({ suite }: { suite: string }) {
  const { t } = useTranslation();
  const said = useSaid();
  const [version, setVersion] = useState("");
  const order = useOrderExam(suite);
  return (
    <Section title={t("exams.run")}>
      <Group align="flex-end">
        <TextInput
          label={t("exams.version")}
          placeholder="support/agent@3"
          value={version}
          onChange={(event) => setVersion(event.currentTarget.value)}
          w={{ base: "100%", xs: 320 }}
        />
        <Button disabled={version === ""} loading={order.isPending} onClick={() => order.mutate(version)}>
          {t("exams.run")}
        </Button>
        {order.data && (
          <Text role="status">
            <PageLink to="/jobs/$id" params={{ id: order.data.id }}>
              {said(order.data.title)}
            </PageLink>
          </Text>
        )}
      </Group>
      {order.error && <ErrorBox error={order.error} />}
    </Section>
  );
}

function Runs({ suite }: { suite: SuiteDetail }) {
  const { t } = useTranslation();
  const runs = useInfiniteQuery(runsQuery(suite.name));
  const columns: Column<ExamRun>[] = [
    { key: "version", header: t("exams.version"), render: (run) => <VersionLink value={run.version} /> },
    { key: "score", header: t("exams.score"), numeric: true, render: (run) => <Score run={run} /> },
    { key: "split", header: t("exams.split"), render: (run) => run.split },
    { key: "engine", header: t("exams.engine"), render: (run) => run.engine },
    { key: "at", header: t("exams.satAt"), render: (run) => <Since at={run.at} /> },
    {
      key: "why",
      header: t("exams.why"),
      render: (run) => (
        <PageLink
          to="/runs/$id"
          params={{ id: run.id }}
          aria-label={t("exams.explainOf", { ref: run.version })}
        >
          {t("exams.explain")}
        </PageLink>
      ),
    },
  ];
  return (
    <Section title={t("exams.runs")} term={t("exams.runsTerm")}>
      <PagedTable
        query={runs}
        caption={t("exams.runs")}
        columns={columns}
        rowKey={(run) => run.id}
        empty={<EmptyState title={t("exams.noRuns")} hint={t("exams.noRunsHint")} />}
      />
    </Section>
  );
}
