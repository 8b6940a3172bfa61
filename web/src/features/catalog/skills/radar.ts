/** Where the points of a radar lie: one axis for each exam, 0 % in the middle, 100 % at the rim. */

export const MOST_AXES = 8;
export const FEWEST_AXES = 3;

export interface Measured {
  suite: string;
  score: number;
  low: number;
  high: number;
  items: number;
}

/** One version; exams that it has not sat are missing. */
export interface Profile {
  name: string;
  skills: Measured[];
}

export interface Place {
  x: number;
  y: number;
}

/** The exams of the axes: those that most profiles have sat, then by name, at most eight. */
export function axes(profiles: Profile[]): string[] {
  const sat = new Map<string, number>();
  for (const { skills } of profiles)
    for (const { suite } of skills) sat.set(suite, (sat.get(suite) ?? 0) + 1);
  return [...sat]
    .sort(([a, times], [b, others]) => others - times || a.localeCompare(b))
    .slice(0, MOST_AXES)
    .map(([suite]) => suite)
    .sort((a, b) => a.localeCompare(b));
}

/** The point of a share on an axis; the first axis points up, the others follow clockwise. */
export function place(axis: number, of: number, share: number, radius: number): Place {
  const angle = (axis / of) * 2 * Math.PI - Math.PI / 2;
  return { x: radius * share * Math.cos(angle), y: radius * share * Math.sin(angle) };
}

/** The corners of a profile; an exam that was not sat has none, so that nothing is made up. */
export function corners(profile: Profile, suites: string[], radius: number): Place[] {
  const found = new Map(profile.skills.map((skill) => [skill.suite, skill.score]));
  return suites.flatMap((suite, axis) => {
    const score = found.get(suite);
    return score === undefined ? [] : [place(axis, suites.length, score, radius)];
  });
}

export function path(places: Place[]): string {
  return places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

/** A name for an axis that fits beside the drawing. */
export function short(suite: string): string {
  return suite.length > 22 ? `${suite.slice(0, 21)}…` : suite;
}
