import { Anchor, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { exportAddress } from "../api";

/** A bill as files. */
export function Downloads({ month, department }: { month: string | undefined; department?: string }) {
  const { t } = useTranslation();
  return (
    <Group>
      <Anchor href={exportAddress("csv", month, department)} download size="sm">
        {t("metering.downloadCsv")}
      </Anchor>
      <Anchor href={exportAddress("focus", month, department)} download size="sm">
        {t("metering.downloadFocus")}
      </Anchor>
    </Group>
  );
}
