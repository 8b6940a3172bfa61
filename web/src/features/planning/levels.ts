import type { PlanStage } from "../../api/types";

/** The stages in columns: each stands right of everything it needs. They come in an order in which needs come first. */
export function inColumns(stages: PlanStage[]): PlanStage[][] {
  const column = new Map<string, number>();
  const columns: PlanStage[][] = [];
  for (const stage of stages) {
    const at = Math.max(-1, ...stage.needs.map((need) => column.get(need) ?? -1)) + 1;
    column.set(stage.name, at);
    columns[at] = [...(columns[at] ?? []), stage];
  }
  return columns;
}
