import { Button, Group, Stack, Text } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import type { Point } from "../history";

const WIDTH = 640;
const HEIGHT = 160;
const PAD = 6;
const ROWS = 40;

/** The loss over the steps as a line, with the same figures as a table. */
export function LossCurve({ points }: { points: Point[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [asTable, setAsTable] = useState(false);
  const region = useId();
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) {
    return (
      <Text size="sm" c="dimmed">
        {t("jobs.noLoss")}
      </Text>
    );
  }
  const lowest = Math.min(...points.map((point) => point.value));
  const description = t("jobs.lossDescription", {
    first: formats.measure(first.value),
    last: formats.measure(last.value),
    lowest: formats.measure(lowest),
    from: formats.number(first.step),
    to: formats.number(last.step),
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {description}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={asTable}
          aria-controls={region}
          onClick={() => setAsTable(!asTable)}
        >
          {t(asTable ? "jobs.asCurve" : "jobs.asTable")}
        </Button>
      </Group>
      <div id={region}>
        {asTable ? <Table points={points} /> : <Curve points={points} description={description} />}
      </div>
    </Stack>
  );
}

function Curve({ points, description }: { points: Point[]; description: string }) {
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [from, to] = [points[0]?.step ?? 0, points.at(-1)?.step ?? 1];
  const x = (step: number) => PAD + ((step - from) / (to - from || 1)) * (WIDTH - 2 * PAD);
  const y = (value: number) => HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
  const path = points.map((point) => `${x(point.step).toFixed(1)},${y(point.value).toFixed(1)}`).join(" ");
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      height={HEIGHT}
      preserveAspectRatio="none"
      role="img"
      aria-label={description}
    >
      <line x1={0} x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} stroke="var(--mantine-color-default-border)" />
      <polyline
        points={path}
        fill="none"
        stroke="var(--mantine-color-anchor)"
        strokeWidth={2}
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
    </svg>
  );
}

function Table({ points }: { points: Point[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const stride = Math.max(1, Math.ceil(points.length / ROWS));
  const rows = points.filter((_, index) => index % stride === 0 || index === points.length - 1);
  return (
    <DataTable
      caption={t("jobs.loss")}
      rows={rows}
      rowKey={(point) => point.step}
      columns={[
        { key: "step", header: t("jobs.step"), numeric: true, render: (point) => formats.number(point.step) },
        {
          key: "loss",
          header: t("jobs.loss"),
          numeric: true,
          render: (point) => formats.measure(point.value),
        },
      ]}
    />
  );
}
