import { Badge, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Reading, RolloutDetail } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import { shareOf } from "./words";

const LOOKS = { none: "gray", fine: "teal", hint: "orange", worse: "red" } as const;

/** How the candidate's answers compare with the baseline's, signal by signal. */
export function HealthTable({ rollout }: { rollout: RolloutDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const count = ({ bad, total, rate }: Reading["baseline"]) =>
    total === 0
      ? "–"
      : t("delivery.ofTotal", {
          rate: formats.percent(rate),
          bad: formats.number(bad),
          total: formats.number(total),
        });
  return (
    <Stack gap="xs">
      <DataTable
        caption={t("delivery.health")}
        rows={rollout.readings}
        rowKey={(reading) => reading.signal}
        columns={[
          {
            key: "signal",
            header: t("delivery.signalTitle"),
            render: (reading) => (
              <>
                {t(`delivery.signal.${reading.signal}`)}
                {reading.limit !== null && (
                  <Text size="xs" c="dimmed">
                    {t("delivery.slowerThan", { limit: timeOf(reading.signal, reading.limit) })}
                  </Text>
                )}
              </>
            ),
          },
          { key: "baseline", header: t("delivery.baseline"), render: (reading) => count(reading.baseline) },
          {
            key: "candidate",
            header: t("delivery.candidate"),
            render: (reading) => count(reading.candidate),
          },
          { key: "evidence", header: t("delivery.evidence"), render: (reading) => <Evidence of={reading} /> },
          {
            key: "excess",
            header: t("delivery.excess"),
            numeric: true,
            render: (reading) => formats.percent(Math.max(0, reading.excess)),
          },
        ]}
      />
      <Text size="xs" c="dimmed">
        {t("delivery.rule")}
      </Text>
      <DataTable
        caption={t("delivery.answers")}
        rows={rollout.arms}
        rowKey={(arm) => arm.number}
        columns={[
          {
            key: "number",
            header: t("delivery.roleTitle"),
            render: (arm) =>
              t(arm.number === rollout.baseline.number ? "delivery.baseline" : "delivery.candidate"),
          },
          {
            key: "share",
            header: t("delivery.share"),
            numeric: true,
            render: (arm) => shareOf(formats, arm.weight),
          },
          {
            key: "answers",
            header: t("delivery.answers"),
            numeric: true,
            render: (arm) => formats.number(arm.answers),
          },
          {
            key: "ttft",
            header: t("delivery.ttft"),
            numeric: true,
            render: (arm) => (arm.ttft === null ? "–" : timeOf("ttft", arm.ttft)),
          },
          {
            key: "tpot",
            header: t("delivery.tpot"),
            numeric: true,
            render: (arm) => (arm.tpot === null ? "–" : timeOf("tpot", arm.tpot)),
          },
        ]}
      />
    </Stack>
  );
}

function Evidence({ of }: { of: Reading }) {
  const { t } = useTranslation();
  const found =
    of.candidate.total === 0 || of.baseline.total === 0
      ? "none"
      : of.worse
        ? "worse"
        : of.hint
          ? "hint"
          : "fine";
  return (
    <Badge variant="light" color={LOOKS[found]} tt="none" c="var(--mantine-color-text)">
      {t(`delivery.evidences.${found}`)}
    </Badge>
  );
}

/** The first token is timed in milliseconds, the others in microseconds. */
function timeOf(signal: string, value: number): string {
  return signal === "tpot" ? `${(value / 1000).toFixed(1)} ms` : `${value} ms`;
}
