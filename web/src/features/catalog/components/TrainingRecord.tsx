import { Group, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { EmptyState } from "../../../components/EmptyState";
import { Facts } from "../../../components/Facts";
import { ButtonLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useMeasureFormat } from "../../../lib/useMeasureFormat";
import { Technical } from "./Technical";

/** What everybody may want to know; the rest is for specialists. */
const TOLD = new Set(["final_loss", "held_out_loss", "accuracy", "exact_match", "steps", "tokens", "memory"]);

/** Each data set with the split that was used. */
function Materials({ datasets }: { datasets: Record<string, unknown>[] }) {
  if (datasets.length === 0) return <>–</>;
  return datasets.map(({ ref, split }) => (
    <div key={`${ref} ${split}`}>{[ref, split].filter(Boolean).join(" · ")}</div>
  ));
}

/** How this version was made: the job, its recipe and what it measured. */
export function TrainingRecord({ version }: { version: Version }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const measure = useMeasureFormat();
  const { training } = version;
  if (!training) return <EmptyState title={t("catalog.noTraining")} hint={t("catalog.noTrainingHint")} />;
  const measured = Object.entries(training.metrics).filter(
    ([name, value]) => value !== null && name !== "seconds",
  );
  const facts = (shown: boolean) =>
    measured
      .filter(([name]) => TOLD.has(name) === shown)
      .map(([name, value]): [string, string] => [
        label("measure", name),
        typeof value === "number"
          ? measure(name, value)
          : typeof value === "boolean"
            ? t(value ? "catalog.yes" : "catalog.no")
            : String(value),
      ]);
  return (
    <Stack>
      <Facts
        facts={[
          [t("common.kind"), label("kind.job", training.kind)],
          [t("catalog.duration"), formats.duration(training.seconds)],
          [t("catalog.datasets"), <Materials key="datasets" datasets={training.datasets} />],
          ...facts(true),
        ]}
      />
      <Technical>
        <Facts facts={facts(false)} />
      </Technical>
      <Technical title={t("catalog.recipeShown")}>
        <CopyBlock text={JSON.stringify(training.recipe, null, 2)} what={t("catalog.recipe")} />
      </Technical>
      {training.job_id && (
        <Group>
          <ButtonLink to="/jobs/$id" params={{ id: training.job_id }} variant="default" size="xs">
            {t("catalog.openJob")}
          </ButtonLink>
        </Group>
      )}
    </Stack>
  );
}
