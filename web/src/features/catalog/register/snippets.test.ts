import { describe, expect, it } from "vitest";
import { pullSnippets, pushSnippets } from "./snippets";

describe("snippets", () => {
  it("name this server, the version and its alias", () => {
    const found = pullSnippets("https://aird.example", "hr/helper@3", "production", null);
    expect(found.curl).toContain("https://aird.example/api/v1/models/hr/helper/versions/3");
    expect(found.transformers).toContain("HF_ENDPOINT=https://aird.example/hf");
    expect(found.transformers).toContain('revision="production"');
    expect(found.cli).toContain("aird models get hr/helper@3");
  });

  it("load an adapter together with its base, by number where it has no alias", () => {
    const found = pullSnippets("https://aird.example", "hr/helper@3", null, "platform/base@1");
    expect(found.transformers).toContain("AutoPeftModelForCausalLM");
    expect(found.transformers).toContain('revision="v3"');
  });

  it("push through the Hub protocol, the command line and Python", () => {
    const found = pushSnippets("https://aird.example", "hr/helper");
    expect(found.hub).toContain("hf upload hr/helper ./my-model .");
    expect(found.cli).toBe("aird models add hr/helper ./my-model");
  });
});
