import { expect, test } from "vitest";
import { stepsFor } from "./steps";

test("staff of a house with models take five steps", () => {
  expect(stepsFor(() => true, "/models/hr/helper").map(({ name }) => name)).toEqual([
    "directory",
    "file",
    "lineage",
    "rotation",
    "approve",
  ]);
});

test("nobody is led to a page that is closed to them, or to a model that is not there", () => {
  expect(stepsFor((right) => right !== "job.run", null).map(({ name }) => name)).toEqual([
    "directory",
    "approve",
  ]);
});
