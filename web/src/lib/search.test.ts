import { describe, expect, it } from "vitest";
import { count, many, oneOf, parseSearch, stringifySearch, text } from "./search";

describe("search parameters", () => {
  it("come back as they went, as plain text", () => {
    const search = { search: "1e5", department: "客服", once: "007" };
    expect(parseSearch(stringifySearch(search))).toEqual(search);
  });

  it("may stand several times, and keep their order", () => {
    const search = { tag: ["legal", "a,b"], department: "hr" };
    expect(stringifySearch(search)).toBe("?tag=legal&tag=a%2Cb&department=hr");
    expect(parseSearch(stringifySearch(search))).toEqual(search);
    expect(many(["a", "a", 3])).toEqual(["a"]);
    expect(many(undefined)).toBeUndefined();
  });

  it("leave out what is not set", () => {
    expect(stringifySearch({ state: undefined, search: "" })).toBe("");
  });

  it("are dropped when they are not what a route takes", () => {
    expect(oneOf("nonsense", ["open"])).toBeUndefined();
    expect(oneOf("open", ["open"])).toBe("open");
    expect(count("-1")).toBeUndefined();
    expect(count("3")).toBe(3);
    expect(text("")).toBeUndefined();
  });
});
