import { Group, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { GateLine } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import type { Formats } from "../../../lib/formats";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

/** Each rule: what was wanted, what was found, how sure that is. */
export function GateTable({ lines }: { lines: GateLine[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (lines.length === 0) return <Text size="sm">{t("approval.noGatesHint")}</Text>;
  return (
    <DataTable
      caption={t("approval.gates")}
      rows={lines}
      rowKey={(line) => [line.gate, line.suite, line.measure, line.reference].join(" ")}
      columns={[
        {
          key: "suite",
          header: t("approval.suite"),
          render: (line) => line.suite ?? t("approval.everySuite"),
        },
        { key: "result", header: t("approval.result"), render: (line) => <Verdict line={line} /> },
        { key: "measure", header: t("approval.measure"), render: (line) => <Measured line={line} /> },
        {
          key: "found",
          header: t("approval.found"),
          numeric: true,
          render: (line) => (isPaired(line) ? formats.points(line.found) : formats.percent(line.found)),
        },
        {
          key: "wanted",
          header: t("approval.wanted"),
          numeric: true,
          render: (line) => wanted(line, formats),
        },
        {
          key: "interval",
          header: t("approval.interval"),
          numeric: true,
          render: (line) =>
            isPaired(line)
              ? formats.pointsInterval(line.low, line.high)
              : formats.interval(line.low, line.high),
        },
        {
          key: "items",
          header: t("approval.items"),
          numeric: true,
          render: (line) => <Items line={line} />,
        },
        { key: "reason", header: t("common.reason"), render: (line) => t(`approval.reasons.${line.reason}`) },
      ]}
    />
  );
}

/** Held against another version item by item: its numbers are differences. */
function isPaired(line: GateLine) {
  return line.measure === "noninferior" || line.measure === "better" || line.measure === "max_drop";
}

function wanted(line: GateLine, formats: Formats) {
  if (line.measure === "better") return "> 0";
  return `≥ ${isPaired(line) ? formats.points(line.wanted) : formats.percent(line.wanted)}`;
}

function Measured({ line }: { line: GateLine }) {
  const { t } = useTranslation();
  const label = useLabels();
  return (
    <>
      {label("measure", line.measure)}
      {line.reference && (
        <Text size="xs" c="dimmed">
          {t("approval.against", { reference: line.reference })}
        </Text>
      )}
    </>
  );
}

function Items({ line }: { line: GateLine }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const counts = { won: formats.number(line.won), lost: formats.number(line.lost) };
  return (
    <>
      {formats.number(line.items)}
      {line.won != null && (
        <Text size="xs" c="dimmed">
          {t("approval.wonAndLost", counts)}
        </Text>
      )}
      {line.p != null && (
        <Text size="xs" c="dimmed">
          p = {formats.measure(line.p)}
        </Text>
      )}
    </>
  );
}

function Verdict({ line }: { line: GateLine }) {
  const { t } = useTranslation();
  const Mark = line.passed ? IconCircleCheck : IconCircleX;
  return (
    <Group gap={6} wrap="nowrap">
      <Mark size={16} aria-hidden color={`var(--mantine-color-${line.passed ? "teal" : "red"}-text)`} />
      {t(line.passed ? "approval.passed" : "approval.failed")}
    </Group>
  );
}
