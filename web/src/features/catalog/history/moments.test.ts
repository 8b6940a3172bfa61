import { describe, expect, it } from "vitest";
import { momentOf } from "./moments";

describe("a moment that was typed", () => {
  it("is the same moment in UTC", () => {
    expect(momentOf("2026-11-01T12:30")).toBe(new Date("2026-11-01T12:30").toISOString());
  });

  it.each(["", "2026-11-01", "2026-13-40T99:99", "soon"])("is none yet in %j", (text) => {
    expect(momentOf(text)).toBeNull();
  });
});
