import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../../api/schema.gen";
import { CURRENCY } from "../../lib/currency";
import { useFormats } from "../../lib/useFormats";
import { Facts } from "../Facts";

type Cost = components["schemas"]["Estimate"];

interface Props {
  cost: Cost;
  /** Further facts that stand before those of every estimate. */
  facts?: [name: string, value: ReactNode][];
}

/** Time, memory, energy and money before the start, and where the numbers come from. */
export function CostFacts({ cost, facts = [] }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const span = (seconds: number | null | undefined) => formats.duration(Math.round(seconds ?? 0));
  const jobs = (cost.basis ?? "").match(/^(\d+)/)?.[1];
  const alike = cost.memory_alike?.join("_") || "kind";
  const memory =
    cost.memory_jobs && cost.rule_memory
      ? t(`studio.memoryJobs.${alike as "kind"}`, {
          number: cost.memory_jobs,
          factor: formats.measure((cost.memory ?? 0) / cost.rule_memory),
        })
      : null;
  return (
    <>
      <Facts
        facts={[
          [t("studio.seconds"), span(cost.seconds)],
          [
            t("studio.range"),
            cost.low != null && cost.high != null && `${span(cost.low)} – ${span(cost.high)}`,
          ],
          [t("studio.memory"), formats.bytes(cost.memory)],
          [t("studio.money"), formats.money(cost.micro, CURRENCY)],
          [t("studio.energy"), t("studio.wattHours", { number: formats.measure((cost.kwh ?? 0) * 1000) })],
          [t("studio.flop"), formats.short(cost.flop)],
          ...facts,
        ]}
      />
      <Text size="xs" c="dimmed">
        {jobs ? t("studio.basisJobs", { number: jobs }) : t("studio.basisRule")}
        {memory && ` ${memory}`}
      </Text>
    </>
  );
}
