import { Progress as Bar, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

interface Props {
  fraction: number | null;
  stage: string | null;
  step?: number | null;
  total?: number | null;
  /** The job runs now. */
  active: boolean;
}

export function JobProgress({ fraction, stage, step, total, active }: Props) {
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
          animated={active}
          aria-label={t("jobs.progress")}
          color={active ? undefined : "gray"}
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
