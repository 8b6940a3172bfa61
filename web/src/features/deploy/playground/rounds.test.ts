import { describe, expect, it } from "vitest";
import type { Answer } from "../chat";
import { comparable, conversation, letter, type Round, resolved, shuffled } from "./rounds";

const answer = (content: string, finish: string | null = "stop"): Answer => ({
  id: `chatcmpl-${content}`,
  content,
  model: "m",
  finish,
  tokens: null,
});

const round = (
  question: string,
  ...asked: [model: string, answer: Answer | null, error?: unknown][]
): Round => ({
  question,
  blind: false,
  asked: asked.map(([model, said, error = null]) => ({ model, answer: said, error, done: true })),
});

describe("rounds", () => {
  it("send each model its own conversation alone, without what failed", () => {
    const rounds = [
      round("one", ["a", answer("1a")], ["b", answer("1b")]),
      round("two", ["a", answer("2a")], ["b", answer("2"), new Error("died")]),
    ];
    const said = (model: string) =>
      conversation(rounds, model, "three", " Be kind ").map((each) => each.content);
    expect(said("a")).toEqual(["Be kind", "one", "1a", "two", "2a", "three"]);
    expect(said("b")).toEqual(["Be kind", "one", "1b", "three"]);
    expect(conversation([], "a", "one", "")).toEqual([{ role: "user", content: "one" }]);
  });

  it("are compared when two or more answers came to their end", () => {
    expect(comparable(round("q", ["a", answer("x")], ["b", answer("y")]))).toBe(true);
    expect(comparable(round("q", ["a", answer("x")]))).toBe(false);
    expect(comparable(round("q", ["a", answer("x")], ["b", answer("y", null)]))).toBe(false);
    expect(comparable(round("q", ["a", answer("x")], ["b", answer("y"), new Error("died")]))).toBe(false);
  });

  it("are shown in every order, and called by letters", () => {
    const draws = [0.99, 0.0];
    expect(shuffled(["x", "y", "z"], () => draws.shift() ?? 0)).toEqual(["y", "x", "z"]);
    expect(shuffled(["x", "y"], () => 0.9)).toEqual(["x", "y"]);
    expect([0, 1, 2].map(letter)).toEqual(["A", "B", "C"]);
  });

  it("begin with those in the address who answer, a version by whoever answers with it alone", () => {
    const choices = [
      { model: "support/desk", version: "support/a@1", role: "endpoint" },
      { model: "support/desk@abc", version: "support/a@1", role: "baseline" },
      { model: "support/desk@def", version: "support/b@2", role: "candidate" },
    ];
    expect(resolved(["support/b@2", "support/a@1", "support/desk", "gone/desk"], choices)).toEqual({
      models: ["support/desk@def", "support/desk@abc", "support/desk"],
      missing: ["gone/desk"],
    });
  });
});
