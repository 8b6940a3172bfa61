import { Badge } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconQuestionMark } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { components } from "../../api/schema.gen";

type DatasetVersion = components["schemas"]["DatasetVersionRead"];

const LOOKS = {
  good: [IconCircleCheck, "teal"],
  warnings: [IconAlertTriangle, "orange"],
  blocked: [IconCircleX, "red"],
  unknown: [IconQuestionMark, "gray"],
} as const;

/** What the quality report of a data set came to, for the split that is wanted. */
export function Quality({ version, split }: { version: DatasetVersion; split: string }) {
  const { t } = useTranslation();
  const verdict = verdictOf(version, split);
  const [Mark, color] = LOOKS[verdict];
  return (
    <Badge
      color={color}
      variant="light"
      tt="none"
      fw={600}
      c="var(--mantine-color-text)"
      leftSection={<Mark size={14} color={`var(--mantine-color-${color}-light-color)`} aria-hidden />}
    >
      {t(`studio.quality.${verdict}`)}
    </Badge>
  );
}

function verdictOf({ report }: DatasetVersion, split: string): keyof typeof LOOKS {
  if (!report || report.outdated) return "unknown";
  if (report.blocked.includes(split)) return "blocked";
  return report.verdict === "blocked" ? "warnings" : report.verdict;
}
