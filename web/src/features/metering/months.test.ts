import { expect, it } from "vitest";
import { recentMonths } from "./months";

it("counts months back over the turn of the year", () => {
  expect(recentMonths(new Date("2026-01-31T23:00:00Z"), 3)).toEqual(["2026-01", "2025-12", "2025-11"]);
});
