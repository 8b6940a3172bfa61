import { Box, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import type { Trial } from "../api";
import classes from "./Pareto.module.css";
import { chart, type Point } from "./points";
import { useTrialWords } from "./useTrialWords";

const WIDTH = 640;
const HEIGHT = 320;
const PAD = { left: 52, right: 16, top: 14, bottom: 42 };

interface Props {
  trials: Trial[];
  best: number | null;
  picked: number | null;
  onPick: (trial: Trial) => void;
}

/** Mean kept skill against the worst department; larger dots have larger ranks. Each dot can be picked, by keys too. */
export function Pareto({ trials, best, picked, onPick }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { points, front, xTicks, yTicks } = chart(trials);
  const x = (at: number) => PAD.left + at * (WIDTH - PAD.left - PAD.right);
  const y = (at: number) => HEIGHT - PAD.bottom - at * (HEIGHT - PAD.top - PAD.bottom);
  const unscored = trials.length - points.length;
  return (
    <div>
      <Box
        component="svg"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        className={classes.chart}
        role="group"
        aria-label={t("rotation.paretoOf", {
          number: formats.number(points.length),
          front: formats.number(front.length),
        })}
      >
        <g aria-hidden className={classes.axes}>
          {xTicks.map(({ at, value }) => (
            <g key={value}>
              <line x1={x(at)} x2={x(at)} y1={y(0)} y2={y(1)} />
              <text x={x(at)} y={y(0) + 16} textAnchor="middle">
                {formats.percent(value)}
              </text>
            </g>
          ))}
          {yTicks.map(({ at, value }) => (
            <g key={value}>
              <line x1={x(0)} x2={x(1)} y1={y(at)} y2={y(at)} />
              <text x={x(0) - 6} y={y(at) + 4} textAnchor="end">
                {formats.percent(value)}
              </text>
            </g>
          ))}
          <text x={x(0.5)} y={HEIGHT - 6} textAnchor="middle">
            {t("rotation.meanKept")}
          </text>
          <text transform={`translate(11 ${y(0.5)}) rotate(-90)`} textAnchor="middle">
            {t("rotation.worstKept")}
          </text>
        </g>
        <polyline
          className={classes.front}
          points={front.map((each) => `${x(each.x).toFixed(1)},${y(each.y).toFixed(1)}`).join(" ")}
        />
        {[...points]
          .sort((a, b) => Number(a.trial.front) - Number(b.trial.front))
          .map((point) => (
            <Dot
              key={point.trial.number}
              point={point}
              left={x(point.x)}
              top={y(point.y)}
              pressed={point.trial.number === (picked ?? best)}
              onPick={onPick}
            />
          ))}
      </Box>
      <Text size="xs" c="dimmed">
        {t("rotation.legend")}
        {unscored > 0 && ` ${t("rotation.unscored", { number: formats.number(unscored) })}`}
      </Text>
    </div>
  );
}

interface DotProps {
  point: Point;
  left: number;
  top: number;
  pressed: boolean;
  onPick: (trial: Trial) => void;
}

function Dot({ point: { trial, size }, left, top, pressed, onPick }: DotProps) {
  const words = useTrialWords();
  const radius = 5 + size * 5;
  const look = trial.front ? classes.best : trial.state === "dropped" ? classes.dropped : classes.other;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot stand inside a drawing
    <g
      role="button"
      tabIndex={0}
      aria-pressed={pressed}
      aria-label={words(trial)}
      className={classes.dot}
      onClick={() => onPick(trial)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onPick(trial);
      }}
    >
      <title>{words(trial)}</title>
      {pressed && <circle cx={left} cy={top} r={radius + 4} className={classes.ring} />}
      <circle cx={left} cy={top} r={radius} className={look} />
    </g>
  );
}
