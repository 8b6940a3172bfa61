import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** This came with the sample organisation; it is no work of the house. */
export function SampleBadge() {
  const { t } = useTranslation();
  return (
    <Badge size="sm" variant="default" tt="none" style={{ flexShrink: 0 }} title={t("sample.badgeHint")}>
      {t("sample.badge")}
    </Badge>
  );
}
