import { describe, expect, it } from "vitest";
import { arrange, type Family, join, type Kin, type Tie } from "./graph";
import { lay } from "./layout";

const kin = (ref: string, kind = "adapter"): Kin => ({ ref, kind, state: "draft", title: ref });
const tie = (parent: string, child: string, relation = "base"): Tie => ({
  parent,
  child,
  relation,
  weight: null,
});
const NONE = new Set<string>();

/** A base, one adapter that went on to be merged, and many more adapters. */
function family(adapters: number): Family {
  const names = Array.from({ length: adapters }, (_, each) => `a/${each}@1`);
  return {
    nodes: [kin("base", "base"), kin("merged", "full"), ...names.map((name) => kin(name))],
    edges: [...names.map((name) => tie("base", name)), tie("a/0@1", "merged", "merge")],
  };
}

describe("a picture of a family", () => {
  it("shows a small family whole", () => {
    const picture = arrange(family(3), "base", NONE);
    expect(picture.members).toHaveLength(5);
    expect(picture.folds).toEqual([]);
    expect(picture.lines).toHaveLength(4);
    expect(picture.left).toBe(0);
  });

  it("folds relatives that are alike, and leaves alone whoever has kin of their own", () => {
    const picture = arrange(family(38), "base", NONE);
    expect(picture.folds.map((fold) => fold.members.length)).toEqual([37]);
    expect(picture.members.map(({ id }) => id)).toEqual(["base", "merged", "a/0@1"]);
    expect(picture.lines.filter((line) => line.target === picture.folds[0]?.id)).toHaveLength(1);
    expect(picture.left).toBe(0);
  });

  it("never folds the one it is about", () => {
    const picture = arrange(family(38), "a/5@1", NONE);
    expect(picture.members.map(({ id }) => id)).toContain("a/5@1");
  });

  it("keeps to the budget when a fold is opened, and says how many it left out", () => {
    const folded = arrange(family(300), "base", NONE);
    const opened = arrange(family(300), "base", new Set(folded.folds.map((fold) => fold.id)));
    expect(opened.members).toHaveLength(200);
    expect(opened.left).toBe(102);
  });

  it("keeps the nearest when there is no room for all", () => {
    const chain: Family = {
      nodes: Array.from({ length: 10 }, (_, each) => kin(`v${each}`)),
      edges: Array.from({ length: 9 }, (_, each) => tie(`v${each}`, `v${each + 1}`)),
    };
    const picture = arrange(chain, "v0", NONE, 4);
    expect(picture.members.map(({ id }) => id)).toEqual(["v0", "v1", "v2", "v3"]);
    expect(picture.left).toBe(6);
  });

  it("grows by what is asked for later", () => {
    const grown = join(family(1), {
      nodes: [kin("base"), kin("new")],
      edges: [tie("merged", "new"), tie("base", "a/0@1")],
    });
    expect(grown.nodes.map(({ ref }) => ref)).toEqual(["base", "merged", "a/0@1", "new"]);
    expect(grown.edges).toHaveLength(3);
  });
});

describe("the layout", () => {
  it("puts parents left of their children, and no two nodes on one place", () => {
    const { places } = lay({
      id: 1,
      nodes: ["base", "a", "b"],
      edges: [
        { source: "base", target: "a" },
        { source: "base", target: "b" },
      ],
    });
    expect(places.base?.x).toBeLessThan(places.a?.x ?? 0);
    expect(places.a?.y).not.toBe(places.b?.y);
  });
});
