/** A job's exact recipe: as YAML, as a line for the shell, and the studio that can change it. Pure. */
import { stringify } from "yaml";
import type { Job } from "../../api/types";

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

export function recipeOf({ id, kind, spec }: Given): Recipe {
  const yaml = written(spec);
  const [command, studio] = COMMANDS[kind] ?? [];
  if (yaml === null || !command) {
    const whole = yaml ?? stringify(spec, { lineWidth: 0 });
    return { yaml: whole, command: `aird jobs clone ${id}`, studio: null };
  }
  return { yaml, command: `${command} - <<'RECIPE'\n${yaml.trimEnd()}\nRECIPE`, studio: studio ?? null };
}

/** What a person wrote, or would write, for this job; null when it has no such form. */
function written(spec: Given["spec"]): string | null {
  const { recipe } = spec;
  if (typeof recipe !== "object" || recipe === null) return null;
  if ("mergekit" in recipe && typeof recipe.mergekit === "string") return recipe.mergekit;
  return stringify(recipe, { lineWidth: 0 });
}
