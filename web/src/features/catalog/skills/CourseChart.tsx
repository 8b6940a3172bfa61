import { Box } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SkillCourse } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";
import { dots, scale } from "./course";
import classes from "./Radar.module.css";

const WIDTH = 640;
const HEIGHT = 240;
const PAD = { left: 48, right: 20, top: 12, bottom: 28 };

/** The scores of one exam with their intervals; every number also stands in the table below. */
export function CourseChart({ course }: { course: SkillCourse }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const range = scale(course.points);
  const found = dots(course.points, range);
  const x = (at: number) => PAD.left + 16 + at * (WIDTH - PAD.left - PAD.right - 32);
  const y = (at: number) => HEIGHT - PAD.bottom - at * (HEIGHT - PAD.top - PAD.bottom);
  const every = Math.ceil(found.length / 12);
  return (
    <Box
      component="svg"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className={classes.chart}
      maw="48rem"
      role="img"
      aria-label={t("skills.chartOf", { suite: course.suite, number: formats.number(found.length) })}
    >
      {range.ticks.map((tick) => {
        const height = y((tick - range.low) / (range.high - range.low));
        return (
          <g key={tick}>
            <line className={classes.net} x1={PAD.left} x2={WIDTH - PAD.right} y1={height} y2={height} />
            <text className={classes.name} x={PAD.left - 6} y={height + 4} textAnchor="end">
              {formats.percent(tick)}
            </text>
          </g>
        );
      })}
      <g className={classes.first}>
        <polyline
          className={classes.line}
          points={found.map((dot) => `${x(dot.at)},${y(dot.y)}`).join(" ")}
        />
        {found.map((dot, place) => (
          <g key={dot.version}>
            <line
              className={classes.interval}
              x1={x(dot.at)}
              x2={x(dot.at)}
              y1={y(dot.yLow)}
              y2={y(dot.yHigh)}
            />
            <circle className={classes.dot} cx={x(dot.at)} cy={y(dot.y)} r={4} />
            {place % every === 0 && (
              <text className={classes.name} x={x(dot.at)} y={HEIGHT - 8} textAnchor="middle">
                {`@${dot.version}`}
              </text>
            )}
          </g>
        ))}
      </g>
    </Box>
  );
}
