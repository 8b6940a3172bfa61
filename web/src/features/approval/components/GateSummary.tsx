import { Group, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { GateLine } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";

/** How many gate lines hold, at a glance. */
export function GateSummary({ lines }: { lines: GateLine[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (lines.length === 0) return <>{t("approval.noGates")}</>;
  const passed = lines.filter((line) => line.passed).length;
  const all = passed === lines.length;
  const Mark = all ? IconCircleCheck : IconCircleX;
  return (
    <Group gap={6} wrap="nowrap">
      <Mark size={16} aria-hidden color={`var(--mantine-color-${all ? "teal" : "red"}-text)`} />
      <Text size="sm" span>
        {t("approval.passedOf", { passed: formats.number(passed), all: formats.number(lines.length) })}
      </Text>
    </Group>
  );
}
