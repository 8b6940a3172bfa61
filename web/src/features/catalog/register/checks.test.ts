import { describe, expect, it } from "vitest";
import { belowTop, check, isAdapter, lacks } from "./checks";

const items = (...paths: string[]) => paths.map((path) => ({ path, size: 10, file: null }));
const refusals = (...paths: string[]) => check(items(...paths)).map((each) => each.refusal);

describe("files to register", () => {
  it("may go when a model consists of them", () => {
    const names = ["config.json", "model.safetensors", "tokenizer.json", "README.md", "chat_template.jinja"];
    expect(refusals(...names)).toEqual([null, null, null, null, null]);
    expect(lacks(check(items(...names)))).toEqual([]);
  });

  it.each([
    ["modeling_x.py", "code"],
    ["pytorch_model.BIN", "pickle"],
    ["model.gguf", "weights_format"],
    ["all.zip", "archive"],
    ["onnx/model.json", "folder"],
    [".gitattributes", "hidden"],
    [".git/config", "hidden"],
    ["a b.json", "name_hard_to_read"],
    ["模型.json", "name_hard_to_read"],
    ["a..json", "name_hard_to_read"],
  ])("%s stays behind: %s", (path, refusal) => {
    expect(refusals(path)).toEqual([refusal]);
  });

  it("are not sent twice or empty", () => {
    expect(refusals("config.json", "Config.json")).toEqual([null, "double"]);
    expect(check([{ path: "config.json", size: 0, file: null }])[0]?.refusal).toBe("empty_file");
  });
});

describe("a set of files", () => {
  it.each([
    [["README.md"], ["no_weights", "no_config"]],
    [["model.zip"], ["no_files"]],
    [["config.json", "tokenizer.json", "model-00001-of-00002.safetensors"], ["shards_missing"]],
    [["config.json", "model.safetensors"], ["no_tokenizer"]],
    [["adapter_config.json", "adapter_model.safetensors"], []],
  ] as const)("%j lacks %j", (names, expected) => {
    expect(lacks(check(items(...names)))).toEqual(expected);
  });

  it("is an adapter when it says so", () => {
    expect(isAdapter(check(items("adapter_config.json")))).toBe(true);
    expect(isAdapter(check(items("config.json")))).toBe(false);
  });

  it("is read below the folder that was chosen", () => {
    const paths = (...names: string[]) => belowTop(items(...names)).map((each) => each.path);
    expect(paths("m/config.json", "m/sub/x.json")).toEqual(["config.json", "sub/x.json"]);
    expect(paths("config.json", "README.md")).toEqual(["config.json", "README.md"]);
    expect(paths("a/config.json", "b/config.json")).toEqual(["a/config.json", "b/config.json"]);
  });
});
