import { describe, expect, it } from "vitest";
import type { UnitCosts } from "../../../api/types";
import { byModel } from "./costs";

function costs(...lines: [string, number | null][]): UnitCosts {
  const items = lines.map(([version, micro]) => ({
    endpoint: "support/desk",
    department: "support",
    unit: `sha256:${version}`,
    version,
    tokens: 1,
    held_milliseconds: 1,
    busy_milliseconds: 1,
    busy_micro: 1,
    idle_micro: 0,
    per_million_busy_micro: micro,
    per_million_micro: micro,
  }));
  return { month: "2026-11", items, currency: "CNY" };
}

describe("the cost of a model", () => {
  it("is that of its newest version that answered", () => {
    const found = byModel(
      costs(["support/bot@10", 7], ["support/bot@9", 5], ["support/bot@11", null], ["hr/bot@1", 3]),
    );
    expect(found.get("support/bot")).toEqual({ version: 10, micro: 7, currency: "CNY" });
    expect(found.get("hr/bot")?.micro).toBe(3);
  });

  it("is unknown where nothing answered", () => {
    expect(byModel(costs(["", null], ["", 3])).size).toBe(0);
  });
});
