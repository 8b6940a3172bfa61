import { describe, expect, it } from "vitest";
import { readEvents, takeEvents } from "./sse";

describe("takeEvents", () => {
  it("reads id, event and data of whole blocks and keeps the rest", () => {
    const { events, rest } = takeEvents('id: 4\nevent: log\ndata: {"line":"a"}\n\nid: 5\nevent: lo');
    expect(events).toEqual([{ id: "4", event: "log", data: '{"line":"a"}' }]);
    expect(rest).toBe("id: 5\nevent: lo");
  });

  it("skips comments that keep the connection open", () => {
    expect(takeEvents(": ping\n\n").events).toEqual([]);
  });

  it("joins several data lines and understands carriage returns", () => {
    expect(takeEvents("data: a\r\ndata: b\r\n\r\n").events).toEqual([
      { id: null, event: "message", data: "a\nb" },
    ]);
  });
});

describe("readEvents", () => {
  it("puts together what arrives in pieces, even inside a character", async () => {
    const bytes = new TextEncoder().encode("data: 你好\n\ndata: [DONE]\n\n");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const event of readEvents(body)) found.push(event.data);
    expect(found).toEqual(["你好", "[DONE]"]);
  });
});
