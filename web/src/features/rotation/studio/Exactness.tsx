import { Badge } from "@mantine/core";
import { IconEqual, IconTilde } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** "Exact" is said only where the server says it. */
export function Exactness({ exact }: { exact: boolean }) {
  const { t } = useTranslation();
  const color = exact ? "teal" : "orange";
  const Mark = exact ? IconEqual : IconTilde;
  return (
    <Badge
      color={color}
      variant="light"
      tt="none"
      fw={600}
      c="var(--mantine-color-text)"
      leftSection={<Mark size={14} color={`var(--mantine-color-${color}-light-color)`} aria-hidden />}
      w="max-content"
    >
      {t(exact ? "rotation.exact" : "rotation.notExact")}
    </Badge>
  );
}
