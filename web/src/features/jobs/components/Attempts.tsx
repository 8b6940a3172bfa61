import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import type { History } from "../history";

/** Every attempt with its end, and the checkpoint from which the next one goes on. */
export function Attempts({ job, history }: { job: Job; history: History }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const { attempts, metrics } = history;
  const checkpoint = metrics.checkpoint ?? null;
  if (attempts.length === 0) return null;
  return (
    <Section
      title={t("jobs.attempts")}
      term={t("jobs.attemptsTerm", {
        now: formats.number(job.attempt),
        most: formats.number(job.max_attempts),
      })}
    >
      <Stack gap="xs">
        <Text size="sm">
          {checkpoint === null
            ? t("jobs.noCheckpoint")
            : t("jobs.checkpointAt", { step: formats.number(checkpoint) })}
        </Text>
        <DataTable
          caption={t("jobs.attempts")}
          rows={attempts}
          rowKey={({ number, began }) => `${number} ${began}`}
          columns={[
            {
              key: "number",
              header: t("jobs.attempt"),
              render: ({ number }) => formats.number(number),
            },
            { key: "began", header: t("jobs.started"), render: ({ began }) => formats.date(began) },
            {
              key: "took",
              header: t("jobs.took"),
              numeric: true,
              render: ({ began, ended }) =>
                ended ? formats.duration(Math.round((Date.parse(ended) - Date.parse(began)) / 1000)) : "–",
            },
            {
              key: "ended",
              header: t("jobs.endedAs"),
              render: ({ state, reason }) => (
                <>
                  <StateBadge of="job" state={state} />
                  {reason && (
                    <Text size="xs" c="dimmed" maw="50ch">
                      {said(reason)}
                    </Text>
                  )}
                </>
              ),
            },
          ]}
        />
      </Stack>
    </Section>
  );
}
