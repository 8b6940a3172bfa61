import { Group, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { GateLine } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

/** Each rule: what was wanted, what was found, how sure that is. */
export function GateTable({ lines }: { lines: GateLine[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  if (lines.length === 0) return <Text size="sm">{t("approval.noGatesHint")}</Text>;
  return (
    <DataTable
      caption={t("approval.gates")}
      rows={lines}
      rowKey={(line) => `${line.gate} ${line.suite} ${line.measure}`}
      columns={[
        { key: "suite", header: t("approval.suite"), render: (line) => line.suite },
        { key: "result", header: t("approval.result"), render: (line) => <Verdict line={line} /> },
        { key: "measure", header: t("approval.measure"), render: (line) => label("measure", line.measure) },
        {
          key: "found",
          header: t("approval.found"),
          numeric: true,
          render: (line) => formats.percent(line.found),
        },
        {
          key: "wanted",
          header: t("approval.wanted"),
          numeric: true,
          render: (l) => `≥ ${formats.percent(l.wanted)}`,
        },
        {
          key: "interval",
          header: t("approval.interval"),
          numeric: true,
          render: (line) => formats.interval(line.low, line.high),
        },
        {
          key: "items",
          header: t("approval.items"),
          numeric: true,
          render: (line) => formats.number(line.items),
        },
        { key: "reason", header: t("common.reason"), render: (line) => t(`approval.reasons.${line.reason}`) },
      ]}
    />
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
