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
  permitted: [IconAlertTriangle, "orange"],
  none: [IconCircleDashed, "gray"],
  erased: [IconTrash, "gray"],
} as const;

/** What the last report on a version came to, as icon, text and colour. */
export function VerdictBadge({ version }: { version: DatasetVersion | null }) {
  const { t } = useTranslation();
  if (!version) return <>–</>;
  const state = stateOf(version);
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

/** Blocked no longer where a person has permitted all that was; a split that is an exam stays one. */
function stateOf({ erased, report, exams }: DatasetVersion): keyof typeof LOOKS {
  if (erased) return "erased";
  if (report?.verdict === "blocked" && report.blocked.every((split) => split in exams)) return "permitted";
  return report?.verdict ?? "none";
}
