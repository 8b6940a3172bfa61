import { describe, expect, it } from "vitest";
import { readAnchors } from "./anchors";
import { linkOf, members } from "./line";
import vectors from "./vectors.json";
import { type Anchor, type Verdict, Walk } from "./verify";

/** Written by the server's own code (a test there compares): numbers, letters and escapes that scripts read otherwise. */
const log = vectors.log;
const heads = log.map((line) => linkOf(line)?.hash ?? "");

async function verify(lines: string[], anchors: Anchor[] = []): Promise<Verdict> {
  const walk = new Walk(anchors);
  await walk.take(lines);
  return walk.end();
}

function without(place: number): string[] {
  return log.filter((_, at) => at !== place);
}

function replaced(place: number, line: string): string[] {
  return log.map((each, at) => (at === place ? line : each));
}

const line = (place: number) => log[place] ?? "";

describe("the chain in the browser", () => {
  it("holds where the server says so, with every anchor met", async () => {
    const anchors = heads.map((hash, place) => ({ seq: place + 1, hash }));
    expect(await verify(log, anchors)).toEqual({ entries: 3, head: heads[2], anchors: 3, fault: null });
  });

  it("holds for a file that was written with spaces", async () => {
    expect((await verify(vectors.spaced)).fault).toBeNull();
  });

  it("finds a number that was written otherwise", async () => {
    const lines = replaced(0, line(0).replace('"b":1.0', '"b":1'));
    expect((await verify(lines)).fault).toEqual({ code: "changed", seq: 1 });
  });

  it("finds an entry that was taken out, swapped, or built on another", async () => {
    expect((await verify(without(1))).fault).toEqual({ code: "missing", seq: 2 });
    expect((await verify([line(1), line(0), line(2)])).fault).toEqual({ code: "missing", seq: 1 });
    const forged = line(2).replace(heads[1] ?? "", "0".repeat(64));
    expect((await verify(replaced(2, forged))).fault).toEqual({ code: "not_built_on", seq: 3 });
  });

  it("finds a tail that was cut off and a past that was written anew, by heads kept elsewhere", async () => {
    const kept = [{ seq: 3, hash: heads[2] ?? "" }];
    expect((await verify(log.slice(0, 2), kept)).fault).toEqual({ code: "cut_off", seq: 2, anchored: 3 });
    const other = [{ seq: 2, hash: "f".repeat(64) }];
    expect((await verify(log, other)).fault).toEqual({ code: "not_anchored", seq: 2 });
  });

  it("says where it cannot read on", async () => {
    for (const broken of ["", "{}", "[1]", '{"seq":2', line(1).replace('"hash"', '"hush"')]) {
      expect((await verify(replaced(1, broken))).fault).toEqual({ code: "unreadable", seq: 2 });
    }
  });
});

describe("a line", () => {
  it("is taken apart at the commas of its own level", () => {
    expect(members('{"a":[1,{"b":2}],"c":"x,\\"}","d":{}}')).toEqual([
      ["a", '"a":[1,{"b":2}]'],
      ["c", '"c":"x,\\"}"'],
      ["d", '"d":{}'],
    ]);
  });
});

describe("heads that were kept elsewhere", () => {
  it("are read as they are shown and as the anchor file has them", () => {
    const hash = "a".repeat(64);
    expect(readAnchors(`3 ${hash}\n\n{"seq": 4, "hash": "${hash}", "at": "x"}`)).toEqual([
      { seq: 3, hash },
      { seq: 4, hash },
    ]);
    expect(readAnchors("three")).toBeNull();
    expect(readAnchors("")).toEqual([]);
  });
});
