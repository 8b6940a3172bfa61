import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { PageLink, VersionLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";

interface Run {
  id: string;
  version: string;
  suite: string;
  score: number;
  low: number;
  high: number;
  items: number;
}

/** The runs that an examination ended with; null where a result has none. */
export function runsOf(result: Record<string, unknown>): Run[] | null {
  const { runs } = result;
  return Array.isArray(runs) && runs.length > 0 && runs.every(isRun) ? runs : null;
}

function isRun(value: unknown): value is Run {
  if (typeof value !== "object" || value === null) return false;
  const { id, version, suite, score, low, high, items } = value as Partial<Run>;
  const words = [id, version, suite].every((each) => typeof each === "string");
  return words && [score, low, high, items].every((each) => typeof each === "number");
}

/** What each version scored, with the way to the explanation question by question. */
export function ExamRuns({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <DataTable
      caption={t("jobs.result")}
      rows={runs}
      rowKey={(run) => run.id}
      columns={[
        { key: "version", header: t("jobs.examined"), render: (run) => <VersionLink value={run.version} /> },
        {
          key: "suite",
          header: t("jobs.exams"),
          render: (run) => (
            <PageLink to="/runs/$id" params={{ id: run.id }}>
              {run.suite}
            </PageLink>
          ),
        },
        {
          key: "score",
          header: t("jobs.score"),
          numeric: true,
          render: (run) => (
            <>
              <b>{formats.percent(run.score)}</b>{" "}
              <Text span size="xs" c="dimmed">
                ({formats.interval(run.low, run.high)})
              </Text>
            </>
          ),
        },
        {
          key: "items",
          header: t("jobs.questions"),
          numeric: true,
          render: (run) => formats.number(run.items),
        },
      ]}
    />
  );
}
