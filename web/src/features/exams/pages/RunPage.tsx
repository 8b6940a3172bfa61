import { Button, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { RunExplained } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { PageLink, VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { partsOf, runQuery } from "../api";
import { Items } from "../components/Items";
import { Reliability } from "../components/Reliability";
import { CHANGES } from "../slots";

const route = getRouteApi("/shell/runs/$id");
const ALL = "all";

/** Why a version has its score: item by item against its parent, or another version. */
export function RunPage(): ReactNode {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { against, change } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(runQuery(id, against, change));
  const search = (changed: object) =>
    void navigate({ search: (now) => ({ ...now, ...changed }), replace: true });
  return (
    <QueryView query={query} heading={t("exams.explanation")}>
      {({ pages }) => {
        const found = pages[0];
        if (!found) return null;
        return (
          <Stack>
            <Head found={found} />
            <Section title={t("exams.wonAndLost")} term={t("exams.wonAndLostTerm")}>
              <Against found={found} onChoose={(chosen) => search({ against: chosen ?? undefined })} />
              <SegmentedControl
                aria-label={t("exams.outcome")}
                value={change ?? ALL}
                onChange={(value) => search({ change: CHANGES.find((each) => each === value) })}
                data={[
                  { value: ALL, label: t("common.all") },
                  ...CHANGES.map((each) => ({
                    value: each,
                    label: `${t(`exams.change.${each}`)} (${found.tally[each]})`,
                  })),
                ]}
                style={{ alignSelf: "flex-start", flexWrap: "wrap" }}
              />
              {found.items_hidden ? (
                <Text c="dimmed">{t("exams.itemsHidden")}</Text>
              ) : (
                <Items items={pages.flatMap(({ items }) => items)} other={found.against?.version ?? null} />
              )}
              {query.hasNextPage && (
                <Group justify="flex-end">
                  <Button
                    variant="default"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    {t("common.more")}
                  </Button>
                </Group>
              )}
            </Section>
            <Reliability run={found.run} />
          </Stack>
        );
      }}
    </QueryView>
  );
}

function Head({ found: { run } }: { found: RunExplained }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <>
      <PageHeader
        title={t("exams.explanationOf", { ref: run.version, suite: run.suite })}
        term={t("exams.explanationTerm")}
      />
      <Section title={formats.percent(run.score)} term={label("exams.metric", run.metric)}>
        <Facts
          facts={[
            [t("exams.interval"), formats.interval(run.low, run.high)],
            [t("exams.questions"), formats.number(run.items)],
            [t("exams.fullScore"), formats.number(run.correct)],
            [t("exams.version"), <VersionLink key="version" value={run.version} />],
            [
              t("exams.exam"),
              <PageLink key="exam" to="/exams/$department/$name" params={partsOf(run.suite)}>
                {`${run.suite} (${run.split})`}
              </PageLink>,
            ],
            [
              t("exams.job"),
              <PageLink key="job" to="/jobs/$id" params={{ id: run.job_id }}>
                {run.engine}
              </PageLink>,
            ],
            [t("exams.bytes"), <Digest key="digest" value={run.digest} />],
            [t("common.since"), <Since key="at" at={run.at} />],
          ]}
        />
      </Section>
    </>
  );
}

function Against({ found, onChoose }: { found: RunExplained; onChoose: (id: string | null) => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const known = [...(found.against ? [found.against] : []), ...found.others];
  const choices = [...new Map(known.map((run) => [run.id, run])).values()].map((run) => ({
    value: run.id,
    label: `${run.version} · ${formats.percent(run.score)}`,
  }));
  return (
    <Stack gap={4}>
      <Select
        label={t("exams.against")}
        placeholder={t("exams.againstNothing")}
        data={choices}
        value={found.against?.id ?? null}
        onChange={onChoose}
        disabled={choices.length === 0}
        maw="26rem"
      />
      <Text size="sm" c="dimmed">
        {found.against === null
          ? t("exams.nothingBefore")
          : t(found.why === "parent" ? "exams.againstParent" : "exams.againstChosen", {
              won: formats.number(found.tally.won),
              lost: formats.number(found.tally.lost),
            })}
      </Text>
    </Stack>
  );
}
