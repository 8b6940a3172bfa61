import type { Skill } from "../../../api/types";

const WIDTH = 120;
const HEIGHT = 14;

/** The score as a dot on its interval, from 0 to 100 %; the numbers stand beside it in the table. */
export function ScoreBar({ skill }: { skill: Skill }) {
  const x = (share: number) => 4 + share * (WIDTH - 8);
  const middle = HEIGHT / 2;
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden="true" focusable="false">
      <line
        x1={4}
        x2={WIDTH - 4}
        y1={middle}
        y2={middle}
        stroke="var(--mantine-color-default-border)"
        strokeWidth={2}
      />
      <line
        x1={x(skill.low)}
        x2={x(skill.high)}
        y1={middle}
        y2={middle}
        stroke="var(--mantine-color-anchor)"
        strokeWidth={5}
        strokeLinecap="round"
        opacity={0.45}
      />
      <circle cx={x(skill.score)} cy={middle} r={4} fill="var(--mantine-color-anchor)" />
    </svg>
  );
}
