import { expect, test } from "vitest";
import { best, rowOf } from "./table";

const cell = (score: number, spread = 0.05) => ({ score, low: score - spread, high: score + spread });

test("those that the best may not really be ahead of are best too", () => {
  expect(best([cell(0.8), cell(0.77), cell(0.6)])).toEqual([0, 1]);
});

test("a score that nobody else has is not called the best", () => {
  expect(best([cell(0.8), undefined])).toEqual([]);
});

test("a row says whether it differs", () => {
  expect(rowOf("rank", ["4", "4"]).differs).toBe(false);
  expect(rowOf("rank", ["4", "8"]).differs).toBe(true);
});
