import { expect, test } from "vitest";
import type { ExamItem } from "../../../api/types";
import { answerRows } from "./answers";

const item = (id: string, score: number): ExamItem => ({
  id,
  score,
  answer: `said ${id}`,
  other_answer: null,
  other_score: null,
  change: score > 0 ? "right" : "wrong",
  asked: null,
});

test("questions that were answered differently stand first", () => {
  const rows = answerRows([
    [item("a", 1), item("b", 1)],
    [item("b", 0), item("a", 1)],
  ]);
  expect(rows.map(({ id }) => id)).toEqual(["b", "a"]);
});

test("a run without a question leaves its place empty", () => {
  expect(answerRows([[item("a", 1)], []])[0]?.answers).toEqual([{ text: "said a", score: 1 }, undefined]);
});
