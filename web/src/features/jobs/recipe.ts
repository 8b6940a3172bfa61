/** A job's exact recipe: as YAML, as a line for the shell, and the studio that can change it. Pure. */
import { stringify } from "yaml";
import type { Job } from "../../api/types";
import type { ExamOrder } from "./api";

export interface Recipe {
  yaml: string;
  /** Orders the same again, with nothing but this line at hand. */
  command: string;
  studio: "/studio/training" | "/studio/mentoring" | "/studio/rotation" | null;
}

type Given = Pick<Job, "id" | "kind" | "spec">;

const COMMANDS: Record<string, [command: string, studio: Recipe["studio"]]> = {
  "training.sft": ["aird train", "/studio/training"],
  "training.pretrain": ["aird train", null],
  "training.distill": ["aird distill", "/studio/mentoring"],
  "merge.run": ["aird merge", "/studio/rotation"],
  "merge.search": ["aird search", "/studio/rotation"],
  "merge.dense": ["aird merge", "/studio/rotation"],
};

/** `exam`: what an examination was ordered with, by name; without it the ids of its order are shown. */
export function recipeOf({ id, kind, spec }: Given, exam?: ExamOrder): Recipe {
  if (exam && exam.hidden === 0) return examined({ id, kind, spec }, exam);
  const yaml = written(spec);
  const [command, studio] = COMMANDS[kind] ?? [];
  if (yaml === null || !command) {
    const whole = yaml ?? stringify(spec, { lineWidth: 0 });
    return { yaml: whole, command: `aird jobs clone ${id}`, studio: null };
  }
  return { yaml, command: `${command} - <<'RECIPE'\n${yaml.trimEnd()}\nRECIPE`, studio: studio ?? null };
}

/** What `aird eval` reads; a comparison is ordered again as it is. */
function examined({ id, kind, spec }: Given, exam: ExamOrder): Recipe {
  const versions = exam.versions.map(({ ref }) => ref);
  const suites = exam.suites.map(({ name }) => name);
  if (kind === "evaluation.compare") {
    const [version, reference] = versions;
    const yaml = stringify({ ...spec, version, reference, suites }, { lineWidth: 0 });
    return { yaml, command: `aird jobs clone ${id}`, studio: null };
  }
  const settings = Object.fromEntries(
    ["split", "checks", "anchors"].map((name) => [name, spec[name]]).filter(([, value]) => value != null),
  );
  const engine = kind === "evaluation.harness" ? { engine: "lm_eval" } : {};
  const yaml = stringify({ versions, suites, ...settings, ...engine }, { lineWidth: 0 });
  return { yaml, command: `aird eval - <<'RECIPE'\n${yaml.trimEnd()}\nRECIPE`, studio: null };
}

/** What a person wrote, or would write, for this job; null when it has no such form. */
function written(spec: Given["spec"]): string | null {
  const { recipe } = spec;
  if (typeof recipe !== "object" || recipe === null) return null;
  if ("mergekit" in recipe && typeof recipe.mergekit === "string") return recipe.mergekit;
  return stringify(recipe, { lineWidth: 0 });
}
