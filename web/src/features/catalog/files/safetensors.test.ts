import { describe, expect, it } from "vitest";
import { HeaderUnreadable, readHeader } from "./safetensors";

function file(header: unknown, data = 0, length?: bigint): Blob {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const start = new DataView(new ArrayBuffer(8));
  start.setBigUint64(0, length ?? BigInt(json.length), true);
  return new Blob([start, json, new Uint8Array(data)]);
}

const GOOD = {
  __metadata__: { format: "pt" },
  "b.weight": { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
  "a.bias": { dtype: "BF16", shape: [3], data_offsets: [16, 22] },
};

describe("the header of a safetensors file", () => {
  it("is read without the data behind it", async () => {
    expect(await readHeader(file(GOOD, 22))).toEqual({
      tensors: [
        { name: "a.bias", dtype: "BF16", shape: [3], bytes: 6 },
        { name: "b.weight", dtype: "F32", shape: [2, 2], bytes: 16 },
      ],
      metadata: { format: "pt" },
      total: 2,
      parameters: 7,
    });
  });

  it.each([
    ["an empty file", new Blob([]), "truncated"],
    ["a header longer than the file", file("{}", 0, 50n), "truncated"],
    ["a header of a terabyte", file("{}", 0, 1n << 40n), "too_large"],
    ["text that is no JSON", file("not json"), "not_safetensors"],
    ["a list", file([1]), "not_safetensors"],
    ["a tensor without a shape", file({ a: { dtype: "F32", data_offsets: [0, 4] } }, 4), "bad_tensor"],
    [
      "offsets that go backwards",
      file({ a: { dtype: "F32", shape: [1], data_offsets: [4, 0] } }, 4),
      "bad_tensor",
    ],
    ["data that was cut off", file(GOOD, 10), "truncated"],
  ])("is refused for %s", async (_what, blob, reason) => {
    const refused = await readHeader(blob).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(HeaderUnreadable);
    expect((refused as HeaderUnreadable).reason).toBe(reason);
  });
});
