/** First look at files that somebody wants to register, before a byte is sent. The server has the last word. */

export interface Item<Source = File> {
  /** Path below the chosen folder. */
  path: string;
  size: number;
  file: Source;
}

export const REFUSALS = [
  "code",
  "pickle",
  "weights_format",
  "archive",
  "folder",
  "hidden",
  "name_hard_to_read",
  "double",
  "empty_file",
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface Checked<Source = File> extends Item<Source> {
  refusal: Refusal | null;
}

/** What is missing in a set of files as a whole. */
export type Lack = "no_files" | "no_weights" | "no_config" | "shards_missing" | "no_tokenizer";

const ENDINGS: [Refusal, RegExp][] = [
  ["code", /\.(py|pyc|pyd|so|dll|dylib|sh|bat|ps1|exe|js|ipynb|pth)$/i],
  ["pickle", /\.(bin|pt|ckpt|pkl|pickle|joblib|npy|npz|dill|mar)$/i],
  ["weights_format", /\.(gguf|ggml|h5|hdf5|keras|nemo|onnx|msgpack|pb|tflite|mlmodel)$/i],
  ["archive", /\.(zip|tar|gz|tgz|bz2|xz|7z|zst|rar|whl|jar)$/i],
];
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;
const SHARD = /^model-(\d{5})-of-(\d{5})\.safetensors$/;

/** Every item with the reason why it has to stay behind, if there is one. */
export function check<Source>(items: Item<Source>[]): Checked<Source>[] {
  const seen = new Set<string>();
  return items.map((item) => {
    const key = item.path.toLowerCase();
    const refusal = seen.has(key) ? "double" : refusalOf(item);
    seen.add(key);
    return { ...item, refusal };
  });
}

function refusalOf({ path, size }: Item<unknown>): Refusal | null {
  if (path.includes("/")) return path.split("/").some((part) => part.startsWith(".")) ? "hidden" : "folder";
  if (path.startsWith(".")) return "hidden";
  const ending = ENDINGS.find(([, pattern]) => pattern.test(path));
  if (ending) return ending[0];
  if (!PLAIN.test(path) || path.includes("..") || path.endsWith(".")) return "name_hard_to_read";
  return size === 0 ? "empty_file" : null;
}

/** What the files that may go lack to be a model. */
export function lacks(checked: Checked<unknown>[]): Lack[] {
  const names = checked.filter((each) => each.refusal === null).map((each) => each.path);
  if (names.length === 0) return ["no_files"];
  const found: Lack[] = [];
  if (!names.some((name) => name.endsWith(".safetensors"))) found.push("no_weights");
  if (!names.includes("config.json") && !names.includes("adapter_config.json")) found.push("no_config");
  const shards = names.map((name) => SHARD.exec(name)).filter((shard) => shard !== null);
  if (shards.some((shard) => Number(shard[2]) !== shards.length)) found.push("shards_missing");
  if (names.includes("config.json") && !names.some((name) => /^(tokenizer|vocab)/.test(name))) {
    found.push("no_tokenizer");
  }
  return found;
}

/** Whether the files are low-rank factors that need a base. */
export function isAdapter(checked: Checked<unknown>[]): boolean {
  return checked.some((each) => each.refusal === null && each.path === "adapter_config.json");
}

/** Paths without the folder that all of them lie in: what a folder chooser gives. */
export function belowTop<Source>(items: Item<Source>[]): Item<Source>[] {
  const tops = new Set(items.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  const [top] = tops;
  if (tops.size !== 1 || !top) return items;
  return items.map((item) => ({ ...item, path: item.path.slice(top.length + 1) }));
}
