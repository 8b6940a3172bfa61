import { describe, expect, it } from "vitest";
import { localPath } from "./localPath";
import { parseRef } from "./refs";

describe("localPath", () => {
  it("goes back to a page of ours", () => {
    expect(localPath("/jobs/1?tab=log")).toBe("/jobs/1?tab=log");
  });

  it.each([undefined, "", "https://evil.example", "//evil.example", "/\\evil.example", "/login?next=/"])(
    "goes home instead of %s",
    (wanted) => {
      expect(localPath(wanted)).toBe("/");
    },
  );
});

describe("parseRef", () => {
  it("takes a reference apart", () => {
    expect(parseRef("support/agent@3")).toEqual({ department: "support", model: "agent", number: 3 });
    expect(parseRef("support/agent")).toEqual({ department: "support", model: "agent", number: null });
  });

  it("refuses what is none", () => {
    expect(parseRef("agent@3")).toBeNull();
    expect(parseRef("a/b/c@1")).toBeNull();
  });
});
