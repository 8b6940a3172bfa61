import { describe, expect, it } from "vitest";
import type { PlanStage } from "../../api/types";
import { inColumns } from "./levels";

const stage = (name: string, ...needs: string[]) => ({ name, needs }) as PlanStage;

describe("the board", () => {
  it("puts each stage right of everything it needs", () => {
    const columns = inColumns([
      stage("mail"),
      stage("calls"),
      stage("lead", "mail", "calls"),
      stage("exam", "lead", "mail"),
      stage("side", "mail"),
    ]);
    expect(columns.map((each) => each.map(({ name }) => name))).toEqual([
      ["mail", "calls"],
      ["lead", "side"],
      ["exam"],
    ]);
  });

  it("has no columns without stages", () => {
    expect(inColumns([])).toEqual([]);
  });
});
