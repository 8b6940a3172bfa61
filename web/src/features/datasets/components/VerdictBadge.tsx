import { Badge } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconLock,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { DatasetVersion } from "../../../api/types";

const LOOKS = {
  good: [IconCircleCheck, "teal"],
  warnings: [IconAlertTriangle, "orange"],
  blocked: [IconLock, "red"],
  none: [IconCircleDashed, "gray"],
  erased: [IconTrash, "gray"],
} as const;

/** What the last report on a version came to, as icon, text and colour. */
export function VerdictBadge({ version }: { version: DatasetVersion | null }) {
  const { t } = useTranslation();
  if (!version) return <>–</>;
  const state = version.erased ? "erased" : (version.report?.verdict ?? "none");
  const [Mark, color] = LOOKS[state];
  return (
    <Badge
      color={color}
      variant="light"
      tt="none"
      fw={600}
      c="var(--mantine-color-text)"
      leftSection={<Mark size={14} color={`var(--mantine-color-${color}-light-color)`} aria-hidden />}
      w="max-content"
      maw="100%"
    >
      {t(`datasets.verdicts.${state}`)}
    </Badge>
  );
}
