import { expect, it } from "vitest";
import { readQuestion } from "./question";

const asked = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Which queue?" },
];

it("a question with choices has one that is right", () => {
  expect(readQuestion({ id: "q1", messages: asked, choices: ["A", "B"], answer: 1 })).toEqual({
    id: "q1",
    asked: "Which queue?",
    choices: ["A", "B"],
    right: 1,
    wanted: null,
  });
});

it("an open question has the text that is wanted", () => {
  const found = readQuestion({ id: "q2", messages: asked, target: "Queue 7" });
  expect([found.asked, found.choices, found.wanted]).toEqual(["Which queue?", [], "Queue 7"]);
});

it("an item that says it in a way of its own has no question to show", () => {
  expect(
    readQuestion({ id: "q3", messages: [{ role: "user", content: [{ type: "image" }] }] }).asked,
  ).toBeNull();
  expect(readQuestion({}).asked).toBeNull();
});
