import { List, Text, ThemeIcon } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";

/** What stands for and against a decision, in words. */
export function Readiness({ lines }: { lines: Approval["readiness"] }) {
  const { t } = useTranslation();
  const label = useLabels();
  const said = useSaid();
  return (
    <List spacing="xs" center listStyleType="none" aria-label={t("approval.readinessTitle")}>
      {lines.map((line) => (
        <List.Item
          key={line.code}
          icon={
            <ThemeIcon size={22} radius="xl" variant="light" color={line.ok ? "teal" : "red"}>
              {line.ok ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
            </ThemeIcon>
          }
        >
          <Text size="sm" span fw={600}>
            {t(line.ok ? "approval.met" : "approval.blocked")}
            {": "}
            {label("approval.readiness", line.code, line.detail)}
          </Text>{" "}
          <Text size="sm" c="dimmed" span>
            {said(line.detail)}
          </Text>
        </List.Item>
      ))}
    </List>
  );
}
