/** Reads the header of a safetensors file in the browser: 8 bytes of length, JSON, then data that is never read. */

export interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: number;
}

export interface TensorHeader {
  tensors: Tensor[];
  metadata: Record<string, string>;
  /** How many tensors the file has; a long list may be cut. */
  total: number;
  parameters: number;
}

export type HeaderFault = "truncated" | "too_large" | "not_safetensors" | "bad_tensor";

export class HeaderUnreadable extends Error {
  readonly reason: HeaderFault;

  constructor(reason: HeaderFault) {
    super(reason);
    this.name = "HeaderUnreadable";
    this.reason = reason;
  }
}

export const MAX_HEADER_BYTES = 8 * 1024 * 1024;
const MAX_TENSORS = 20_000;

/** The tensors that a file says it holds, by name. Raises HeaderUnreadable. */
export async function readHeader(file: Blob): Promise<TensorHeader> {
  if (file.size < 8) throw new HeaderUnreadable("truncated");
  const start = new DataView(await file.slice(0, 8).arrayBuffer());
  const length = start.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) throw new HeaderUnreadable("too_large");
  const end = 8 + Number(length);
  if (file.size < end) throw new HeaderUnreadable("truncated");
  return parseHeader(await file.slice(8, end).text(), file.size - end);
}

/** The header's JSON; `data` is how many bytes the file has behind it. */
export function parseHeader(json: string, data: number): TensorHeader {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    throw new HeaderUnreadable("not_safetensors");
  }
  if (!isObject(found)) throw new HeaderUnreadable("not_safetensors");
  const { __metadata__: metadata, ...entries } = found;
  const names = Object.keys(entries);
  if (names.length > MAX_TENSORS) throw new HeaderUnreadable("too_large");
  const tensors = names.map((name) => tensor(name, entries[name], data));
  tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    tensors,
    metadata: isObject(metadata)
      ? Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]))
      : {},
    total: tensors.length,
    parameters: tensors.reduce(
      (sum, each) => sum + each.shape.reduce((product, size) => product * size, 1),
      0,
    ),
  };
}

function tensor(name: string, entry: unknown, data: number): Tensor {
  if (!isObject(entry)) throw new HeaderUnreadable("bad_tensor");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw new HeaderUnreadable("bad_tensor");
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end) throw new HeaderUnreadable("bad_tensor");
  if (end > data) throw new HeaderUnreadable("truncated");
  return { name, dtype, shape, bytes: end - begin };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
