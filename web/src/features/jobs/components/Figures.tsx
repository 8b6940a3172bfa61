import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useMeasureFormat } from "../../../lib/useMeasureFormat";

/** In this order; whatever else a job measures follows. */
const FIRST = ["seconds_left", "loss", "held_out_loss", "tokens_per_second", "memory", "learning_rate"];
/** Told elsewhere on the page. */
const ELSEWHERE = ["checkpoint"];

/** The latest figures in large: time left, loss, pace, memory. */
export function Figures({ job, metrics }: { job: Job; metrics: Record<string, number> }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const format = useMeasureFormat();
  const label = useLabels();
  const runs = job.state === "running";
  const told: Record<string, unknown> = { ...job.metrics, ...metrics };
  const names = Object.keys(told)
    .filter((name) => typeof told[name] === "number" && !ELSEWHERE.includes(name))
    // What is left of a job that does not run, nobody knows.
    .filter((name) => runs || name !== "seconds_left")
    .sort((one, other) => place(one) - place(other));
  return (
    <Facts
      facts={[
        [t("jobs.took"), job.seconds !== null && formats.duration(Math.round(job.seconds))],
        ...names.map((name): [string, string] => [label("measure", name), format(name, Number(told[name]))]),
      ]}
    />
  );
}

function place(name: string): number {
  const found = FIRST.indexOf(name);
  return found < 0 ? FIRST.length : found;
}
