import type { Anchor } from "./verify";

/** Heads that somebody noted: one a line, as `12 abc…` or as a line of the anchor file. Null where a line is neither. */
export function readAnchors(text: string): Anchor[] | null {
  const found: Anchor[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "") continue;
    const anchor = plain(line) ?? json(line);
    if (anchor === null) return null;
    found.push(anchor);
  }
  return found;
}

function plain(line: string): Anchor | null {
  const found = /^(\d+)[\s:,]+([0-9a-f]{64})$/.exec(line);
  return found?.[2] ? { seq: Number(found[1]), hash: found[2] } : null;
}

function json(line: string): Anchor | null {
  try {
    const { seq, hash } = JSON.parse(line) as Partial<Anchor>;
    return Number.isSafeInteger(seq) && /^[0-9a-f]{64}$/.test(hash ?? "") ? ({ seq, hash } as Anchor) : null;
  } catch {
    return null;
  }
}
