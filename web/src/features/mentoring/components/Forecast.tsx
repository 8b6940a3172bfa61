import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { CostFacts } from "../../../components/studio/CostFacts";
import { Findings } from "../../../components/studio/Findings";
import { useFormats } from "../../../lib/useFormats";
import type { Estimate } from "../api";

/** What the mentoring would take, what stands against it, and what each teacher has to do. */
export function Forecast({ estimate }: { estimate: Estimate }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Stack gap="sm">
      <Findings of="mentoring" findings={estimate.findings} />
      <CostFacts
        cost={estimate.estimate}
        facts={[
          [t("training.steps"), formats.number(estimate.steps)],
          [
            t("mentoring.onPolicySteps"),
            estimate.on_policy_steps > 0 && formats.number(estimate.on_policy_steps),
          ],
          [t("mentoring.promptsAll"), formats.number(estimate.items)],
          [t("training.tokens"), formats.short(estimate.tokens)],
          [t("mentoring.weights"), formats.bytes(estimate.weights)],
          [t("mentoring.lossMemory"), formats.bytes(estimate.loss_memory)],
        ]}
      />
      <DataTable
        caption={t("mentoring.teachers")}
        rows={estimate.teachers}
        rowKey={({ version, dataset, split }) => `${version} ${dataset} ${split}`}
        columns={[
          {
            key: "version",
            header: t("mentoring.teacher"),
            render: ({ version, way }) => (
              <>
                {version}
                <Text size="xs" c="dimmed">
                  {t(`mentoring.ways.${way}`)}
                </Text>
              </>
            ),
          },
          {
            key: "work",
            header: t("mentoring.work"),
            numeric: true,
            render: ({ cached, seconds, tokens }) =>
              cached ? (
                t("mentoring.cached")
              ) : (
                <>
                  {formats.duration(Math.round(seconds))}
                  <Text size="xs" c="dimmed">
                    {t("mentoring.tokensOf", { number: formats.short(tokens) })}
                  </Text>
                </>
              ),
          },
        ]}
      />
    </Stack>
  );
}
