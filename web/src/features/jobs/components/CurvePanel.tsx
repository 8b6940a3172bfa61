import { Group, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useMeasureFormat } from "../../../lib/useMeasureFormat";
import { align, type Panel, type Point, type StageCurves } from "../curves";
import { Chart, INKS } from "./Chart";
import classes from "./Curves.module.css";

interface Props {
  stage: StageCurves;
  panel: Panel;
  large: boolean;
}

/** One chart with the names and latest figures of its lines; under the pointer, those of that step. */
export function CurvePanel({ stage, panel, large }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const format = useMeasureFormat();
  const label = useLabels();
  const [at, setAt] = useState<number | null>(null);
  const data = useMemo(() => align(stage, panel.metrics), [stage, panel]);
  const description = panel.metrics
    .map((name) => describe(label("measure", name), stage.curves[name] ?? []))
    .join(" ");

  function describe(name: string, points: Point[]): string {
    const values = points.map(({ value }) => value);
    return t("jobs.curveDescription", {
      name,
      first: format(panel.name, values[0] ?? 0),
      last: format(panel.name, values.at(-1) ?? 0),
      lowest: format(panel.name, least(values)),
      from: formats.number(points[0]?.step),
      to: formats.number(points.at(-1)?.step),
    });
  }

  return (
    <figure className={large ? `${classes.panel} ${classes.large}` : classes.panel}>
      <Group component="figcaption" gap="md" mb={4}>
        {panel.metrics.map((name, index) => (
          <Text key={name} size="sm" component="span">
            <span
              className={classes.ink}
              style={{ background: `var(--mantine-color-${INKS[index % INKS.length]})` }}
              aria-hidden
            />
            {label("measure", name)}{" "}
            <Text span fw={600} size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
              {figure(data[index + 1], at, stage.curves[name], (value) => format(name, value))}
            </Text>
          </Text>
        ))}
        {at !== null && (
          <Text size="xs" c="dimmed">
            {t("jobs.atStep", { step: formats.number(data[0][at]) })}
          </Text>
        )}
      </Group>
      <Chart
        data={data}
        description={description}
        height={large ? 240 : 150}
        onPoint={setAt}
        format={(value) => format(panel.name, value)}
      />
    </figure>
  );
}

/** The value at this column or, where it has none, the last before it; without a column, the latest. */
function figure(
  column: (number | null)[] | undefined,
  at: number | null,
  points: Point[] | undefined,
  format: (value: number) => string,
): string {
  let value = points?.at(-1)?.value ?? null;
  if (at !== null && column) {
    let index = at;
    while (index > 0 && column[index] === null) index -= 1;
    value = column[index] ?? null;
  }
  return value === null ? "–" : format(value);
}

function least(values: number[]): number {
  return values.reduce((low, value) => Math.min(low, value), values[0] ?? 0);
}
