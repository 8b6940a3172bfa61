import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useMeasureFormat } from "../../../lib/useMeasureFormat";
import { align, type StageCurves } from "../curves";

const ROWS = 40;

/** The same figures as the charts, of steps that lie evenly between the first and the last. */
export function CurveTable({ stage, metrics }: { stage: StageCurves; metrics: string[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const format = useMeasureFormat();
  const label = useLabels();
  const [steps, ...columns] = align(stage, metrics);
  const stride = Math.max(1, Math.ceil(steps.length / ROWS));
  const rows = steps.map((step, index) => ({ step, index }));
  return (
    <DataTable
      caption={t("jobs.curves")}
      rows={rows.filter(({ index }) => index % stride === 0 || index === steps.length - 1)}
      rowKey={({ step }) => step}
      columns={[
        { key: "step", header: t("jobs.step"), numeric: true, render: ({ step }) => formats.number(step) },
        ...metrics.map((name, column) => ({
          key: name,
          header: label("measure", name),
          numeric: true,
          render: ({ index }: { index: number }) => {
            const value = columns[column]?.[index] ?? null;
            return value === null ? "–" : format(name, value);
          },
        })),
      ]}
    />
  );
}
