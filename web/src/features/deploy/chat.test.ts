import { describe, expect, it } from "vitest";
import { type Answer, addChunk } from "./chat";

const empty: Answer = { id: "chatcmpl-1", content: "", model: "support/desk", finish: null, tokens: null };

describe("a streamed answer", () => {
  it("grows piece by piece and ends with its tokens", () => {
    const chunks = [
      { model: "support/desk@abc", choices: [{ delta: { content: "Good" } }] },
      { choices: [{ delta: { content: " day" } }] },
      { choices: [{ delta: {}, finish_reason: "stop" }] },
      { choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } },
    ];
    expect(chunks.reduce(addChunk, empty)).toEqual({
      id: "chatcmpl-1",
      content: "Good day",
      model: "support/desk@abc",
      finish: "stop",
      tokens: { prompt: 7, completion: 2 },
    });
  });

  it("ends with an error that comes in the middle", () => {
    expect(() => addChunk(empty, { error: { code: "runtime_failed", message: "It died." } })).toThrow(
      "It died.",
    );
  });
});
