import { Badge, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconCircleX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { EvidenceRun, RuntimeOnChip } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { Since } from "../../../components/Since";

/** What the conformance suite found, or that nobody tried. */
export function Verdict({ run }: { run: EvidenceRun | null }): ReactNode {
  const { t } = useTranslation();
  if (run === null) {
    return (
      <Badge color="gray" variant="light" leftSection={<IconCircleDashed size={14} aria-hidden />}>
        {t("runtimes.unverified")}
      </Badge>
    );
  }
  const failed = run.cases.filter(({ ok }) => !ok);
  return (
    <Stack gap={4} align="flex-start">
      <Badge
        color={run.passed ? "teal" : "red"}
        variant="light"
        leftSection={
          run.passed ? <IconCircleCheck size={14} aria-hidden /> : <IconCircleX size={14} aria-hidden />
        }
      >
        {t(run.passed ? "runtimes.verified" : "runtimes.failed")}
      </Badge>
      <Text size="xs" c="dimmed">
        {t("runtimes.cases", {
          passed: run.cases.length - failed.length,
          all: run.cases.length,
          version: run.runtime_version,
          chip: run.chip,
        })}{" "}
        <Since at={run.created_at} />
      </Text>
      {failed.map(({ name, said }) => (
        <Text key={name} size="xs" c="red" style={{ overflowWrap: "anywhere" }}>
          {`${name}: ${said}`}
        </Text>
      ))}
    </Stack>
  );
}

/** Runtimes on kinds of chips: a line for each way that is known. */
export function EvidenceMatrix({ rows }: { rows: RuntimeOnChip[] }): ReactNode {
  const { t } = useTranslation();
  const columns: Column<RuntimeOnChip>[] = [
    { key: "chip", header: t("runtimes.chip"), render: ({ title }) => title },
    { key: "runtime", header: t("runtimes.runtime"), render: ({ runtime }) => runtime },
    { key: "through", header: t("runtimes.through"), render: ({ through }) => through },
    {
      key: "here",
      header: t("runtimes.here"),
      render: ({ here }) => t(here ? "runtimes.isHere" : "runtimes.notHere"),
    },
    { key: "evidence", header: t("runtimes.evidence"), render: ({ evidence }) => <Verdict run={evidence} /> },
  ];
  return (
    <DataTable
      caption={t("runtimes.matrix")}
      columns={columns}
      rows={rows}
      rowKey={({ runtime, family }) => `${runtime} ${family}`}
    />
  );
}
