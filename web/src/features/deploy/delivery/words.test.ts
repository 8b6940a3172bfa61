import { expect, test } from "vitest";
import { readSteps } from "./words";

test("steps are read as people write them", () => {
  expect(readSteps("1, 10, 50")).toEqual([10, 100, 500]);
  expect(readSteps("0.1 5% 100")).toEqual([1, 50, 1000]);
  expect(readSteps("1，10")).toEqual([10, 100]);
});

test("steps that do not go up are none", () => {
  for (const text of ["", "10, 1", "5, 5", "x", "0", "101", "100"]) expect(readSteps(text)).toBeNull();
});
