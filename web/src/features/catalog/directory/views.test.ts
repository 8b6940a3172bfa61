import { describe, expect, it } from "vitest";
import { parseViews, withoutView, withView } from "./views";

describe("saved views", () => {
  it("come back as they were kept", () => {
    const views = withView([], { name: "Legal", search: "tag=legal" });
    expect(parseViews(JSON.stringify(views))).toEqual(views);
  });

  it("have one view to a name, in order", () => {
    const views = withView(withView([], { name: "b", search: "x=1" }), { name: "a", search: "" });
    expect(withView(views, { name: "b", search: "x=2" })).toEqual([
      { name: "a", search: "" },
      { name: "b", search: "x=2" },
    ]);
    expect(withoutView(views, "a")).toEqual([{ name: "b", search: "x=1" }]);
  });

  it.each([null, "", "{", "3", '[{"name": 1}]', '[{"name": "", "search": ""}]'])("are none in %j", (text) => {
    expect(parseViews(text)).toEqual([]);
  });
});
