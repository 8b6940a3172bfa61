import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useFormats } from "../../../lib/useFormats";
import type { align } from "../curves";

/** Colours of the lines in their order, as the theme names them. */
export const INKS = ["anchor", "orange-filled", "teal-filled", "grape-filled"] as const;
const INTEGERS = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power))
  .sort(by);

interface Props {
  data: ReturnType<typeof align>;
  /** What there is to see, for those who cannot. */
  description: string;
  height: number;
  /** The step under the pointer, as an index of the data; null when it has left. */
  onPoint: (index: number | null) => void;
  format: (value: number) => string;
}

/** Lines over steps on a canvas. Dragging looks closer, a double click shows everything again. */
export function Chart({ data, description, height, onPoint, format }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const closer = useRef(false);
  const latest = useRef({ data, onPoint, format });
  latest.current = { data, onPoint, format };
  const scheme = useComputedColorScheme();
  const formats = useFormats();
  const lines = data.length - 1;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another colour scheme has other colours
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--mantine-color-${name}`).trim();
    const axis = {
      stroke: colour("dimmed"),
      font: `11px ${style.fontFamily}`,
      grid: { stroke: colour("default-border"), width: 1 },
      ticks: { stroke: colour("default-border"), width: 1 },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        scales: { x: { time: false } },
        cursor: { sync: { key: "aird-job" }, y: false, points: { size: 6 } },
        series: [
          {},
          ...Array.from({ length: lines }, (_, index) => ({
            stroke: colour(INKS[index % INKS.length] ?? "anchor"),
            width: 1.5,
            spanGaps: true,
            // Few measurements are shown one by one.
            points: { show: index > 0 },
          })),
        ],
        axes: [
          { ...axis, incrs: INTEGERS, values: (_, ticks) => ticks.map((tick) => formats.short(tick)) },
          { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => latest.current.format(tick)) },
        ],
        hooks: {
          setCursor: [({ cursor }) => latest.current.onPoint(cursor.idx ?? null)],
          setSelect: [({ select }) => (closer.current = closer.current || select.width > 0)],
        },
      },
      latest.current.data as uPlot.AlignedData,
      element,
    );
    plot.current = made;
    closer.current = false;
    made.over.addEventListener("dblclick", () => (closer.current = false));
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [lines, height, scheme, formats]);

  useEffect(() => plot.current?.setData(data as uPlot.AlignedData, !closer.current), [data]);

  return (
    <div ref={box} role="img" aria-label={description} style={{ minHeight: height, overflow: "hidden" }} />
  );
}

function by(one: number, other: number): number {
  return one - other;
}
