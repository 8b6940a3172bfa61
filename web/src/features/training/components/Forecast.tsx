import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { CostFacts } from "../../../components/studio/CostFacts";
import { Findings } from "../../../components/studio/Findings";
import { useFormats } from "../../../lib/useFormats";
import type { Estimate } from "../api";

/** What the training would take, and what stands against it. */
export function Forecast({ estimate }: { estimate: Estimate }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { chips = 0, nodes = 1 } = estimate.needs;
  return (
    <Stack gap="sm">
      <Findings of="training" findings={estimate.findings} />
      <CostFacts
        cost={estimate.estimate}
        facts={[
          [t("training.chip"), estimate.chip === "cpu" ? "CPU" : `${chips * nodes} × ${estimate.chip}`],
          [t("training.steps"), formats.number(estimate.steps)],
          [t("training.tokens"), formats.short(estimate.tokens)],
          [t("training.epochs"), formats.measure(estimate.epochs)],
          [t("training.learnt"), formats.number(estimate.items)],
          [t("training.heldOut"), estimate.held_out > 0 && formats.number(estimate.held_out)],
          [t("training.tooLong"), estimate.too_long > 0 && formats.number(estimate.too_long)],
          [
            t("training.trainable"),
            `${formats.short(estimate.trainable)} / ${formats.short(estimate.parameters)}`,
          ],
        ]}
      />
      <details>
        <summary style={{ fontSize: "var(--mantine-font-size-sm)" }}>{t("training.memoryParts")}</summary>
        <DataTable
          caption={t("training.memoryParts")}
          rows={Object.entries(estimate.memory)}
          rowKey={([part]) => part}
          columns={[
            {
              key: "part",
              header: t("training.part"),
              render: ([part]) => t(`training.parts.${part as keyof Estimate["memory"]}`),
            },
            {
              key: "bytes",
              header: t("catalog.size"),
              numeric: true,
              render: ([, bytes]) => formats.bytes(bytes),
            },
          ]}
        />
      </details>
    </Stack>
  );
}
