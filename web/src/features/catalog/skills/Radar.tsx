import { Box, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import classes from "./Radar.module.css";
import { corners, type Measured, type Profile, path, place, short } from "./radar";

const RADIUS = 120;
const WIDTH = 460;
const MARGIN = 45;
const RINGS = [0.25, 0.5, 0.75, 1];
export const LOOKS = [classes.first, classes.second, classes.third] as const;

/** Up to three versions over up to eight exams; every number also stands in the table beside it. */
export function Radar({ profiles, suites }: { profiles: Profile[]; suites: string[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const lowest = Math.max(...suites.map((_, axis) => place(axis, suites.length, 1, RADIUS).y));
  return (
    <div>
      <Box
        component="svg"
        viewBox={`${-WIDTH / 2} ${-RADIUS - MARGIN} ${WIDTH} ${RADIUS + lowest + 2 * MARGIN}`}
        className={classes.chart}
        role="img"
        aria-label={t("skills.radarOf", {
          versions: profiles.map(({ name }) => name).join(", "),
          number: formats.number(suites.length),
        })}
      >
        {RINGS.map((share) => (
          <polygon
            key={share}
            className={classes.net}
            points={path(suites.map((_, axis) => place(axis, suites.length, share, RADIUS)))}
          />
        ))}
        {suites.map((suite, axis) => (
          <Axis key={suite} suite={suite} axis={axis} of={suites.length} />
        ))}
        {RINGS.map((share) => (
          <text key={share} className={classes.tick} x={4} y={-RADIUS * share + 11}>
            {formats.percent(share)}
          </text>
        ))}
        {profiles.map((profile, rank) => (
          <Shape key={profile.name} profile={profile} suites={suites} look={LOOKS[rank]} />
        ))}
      </Box>
      <Legend names={profiles.map(({ name }) => name)} />
    </div>
  );
}

export function Legend({ names }: { names: string[] }) {
  return (
    <Group justify="center" gap="lg">
      {names.map((name, rank) => (
        <Group key={name} gap={6} wrap="nowrap">
          <span className={`${classes.swatch} ${LOOKS[rank]}`} aria-hidden />
          <Text size="sm">{name}</Text>
        </Group>
      ))}
    </Group>
  );
}

function Axis({ suite, axis, of }: { suite: string; axis: number; of: number }) {
  const end = place(axis, of, 1, RADIUS);
  const label = place(axis, of, 1, RADIUS + 14);
  const anchor = Math.abs(label.x) < 1 ? "middle" : label.x > 0 ? "start" : "end";
  return (
    <g>
      <line className={classes.net} x1={0} y1={0} x2={end.x} y2={end.y} />
      <text className={classes.name} x={label.x} y={label.y + 4} textAnchor={anchor}>
        <title>{suite}</title>
        {short(suite)}
      </text>
    </g>
  );
}

interface ShapeProps {
  profile: Profile;
  suites: string[];
  look: string | undefined;
}

function Shape({ profile, suites, look }: ShapeProps) {
  const found = new Map(profile.skills.map((skill) => [skill.suite, skill]));
  return (
    <g className={look}>
      <polygon className={classes.shape} points={path(corners(profile, suites, RADIUS))} />
      {suites.map((suite, axis) => {
        const skill = found.get(suite);
        return skill && <Spread key={suite} skill={skill} axis={axis} of={suites.length} />;
      })}
    </g>
  );
}

function Spread({ skill, axis, of }: { skill: Measured; axis: number; of: number }) {
  const [low, at, high] = [skill.low, skill.score, skill.high].map((share) => place(axis, of, share, RADIUS));
  if (!low || !at || !high) return null;
  return (
    <>
      <line className={classes.interval} x1={low.x} y1={low.y} x2={high.x} y2={high.y} />
      <circle className={classes.dot} cx={at.x} cy={at.y} r={3} />
    </>
  );
}
