/** Skills of the parents beside those of the child. Pure. */
import type { Skill } from "../../../api/types";

export interface Row {
  suite: string;
  /** In the order of the parents. */
  before: (Skill | undefined)[];
  after: Skill | undefined;
  /** The child's part of the best parent's score; null when one of both is not there. */
  kept: number | null;
}

export function compareSkills(parents: { ref: string; skills: Skill[] }[], after: Skill[]): Row[] {
  const suites = new Set([...parents.flatMap(({ skills }) => skills), ...after].map(({ suite }) => suite));
  return [...suites].sort().map((suite) => {
    const of = (skills: Skill[]) => skills.find((each) => each.suite === suite);
    const before = parents.map(({ skills }) => of(skills));
    const best = Math.max(...before.map((each) => each?.score ?? 0));
    const now = of(after);
    return { suite, before, after: now, kept: now && best > 0 ? now.score / best : null };
  });
}
