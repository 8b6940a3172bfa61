import { expect, test } from "vitest";
import { staleKeys } from "./stale";

test("a change of models makes every page of models old, once", () => {
  expect(staleKeys(["hub", "catalog"])).toEqual(["models", "model", "versions", "lineage", "organisation"]);
});

test("a slice that no page shows makes nothing old", () => {
  expect(staleKeys(["store"])).toEqual([]);
});
