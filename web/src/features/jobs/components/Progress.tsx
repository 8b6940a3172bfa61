import { Progress as Bar, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

/** The bar of a job that runs has the theme's colour. */
const COLORS: Partial<Record<Job["state"], string>> = { succeeded: "teal", failed: "red", cancelled: "gray" };

interface Props {
  fraction: number | null;
  stage: string | null;
  step?: number | null;
  total?: number | null;
  state: Job["state"];
}

export function JobProgress({ fraction, stage, step, total, state }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  if (fraction === null) return null;
  const steps = step != null && total != null ? ` · ${formats.number(step)} / ${formats.number(total)}` : "";
  return (
    <Stack gap={4} miw={120}>
      <Bar.Root size="md" aria-hidden={false}>
        <Bar.Section
          value={fraction * 100}
          animated={state === "running"}
          aria-label={t("jobs.progress")}
          color={COLORS[state]}
        />
      </Bar.Root>
      <Group gap={6} justify="space-between">
        <Text size="xs" c="dimmed">
          {stage ? label("stage", stage) : ""}
          {steps}
        </Text>
        <Text size="xs" c="dimmed">
          {formats.percent(fraction)}
        </Text>
      </Group>
    </Stack>
  );
}
