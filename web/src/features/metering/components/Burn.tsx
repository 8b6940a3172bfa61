import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Budget } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";

function share(part: number, whole: number) {
  return whole > 0 ? (part / whole) * 100 : part > 0 ? 100 : 0;
}

/** How much of a budget is used. */
export function Burn({ budget }: { budget: Budget }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const used = share(budget.used_micro, budget.limit_micro);
  const color = used >= 100 ? "red" : used >= budget.alert_percent ? "yellow" : "teal";
  const words = t("metering.usedOf", {
    used: formats.money(budget.used_micro, budget.currency),
    limit: formats.money(budget.limit_micro, budget.currency),
  });
  return (
    <Stack gap={4} miw="9rem">
      <Progress.Root>
        <Progress.Section value={Math.min(used, 100)} color={color} aria-label={words} />
      </Progress.Root>
      <Text size="xs">{words}</Text>
    </Stack>
  );
}

/** Where the month is going. */
export function Forecast({ budget }: { budget: Budget }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const over = budget.forecast_micro > budget.limit_micro;
  return (
    <Group gap="xs">
      <Text size="sm">{formats.money(budget.forecast_micro, budget.currency)}</Text>
      {over && (
        <Badge color="red" variant="light">
          {t("metering.over")}
        </Badge>
      )}
    </Group>
  );
}
