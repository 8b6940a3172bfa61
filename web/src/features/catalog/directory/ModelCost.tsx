import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import type { Cost } from "./costs";

/** What a million tokens of it cost this month, with the idle time of its chips. */
export function ModelCost({ cost }: { cost: Cost | undefined }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (!cost) return null;
  return (
    <Text size="xs" title={t("directory.costHint", { version: cost.version })}>
      {t("directory.cost", { money: formats.money(cost.micro, cost.currency) })}
    </Text>
  );
}
