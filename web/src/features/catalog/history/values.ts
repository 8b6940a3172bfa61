/** Values of two versions side by side, as text. */

const LONGEST = 300;

/** A fact of any shape in one line; "–" when there is none. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  const plain = Array.isArray(value) && value.every((each) => typeof each === "string");
  const text = typeof value === "string" ? value : plain ? value.join(", ") || "–" : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

interface Shift {
  old: number | null;
  new: number | null;
  low: number | null;
  high: number | null;
}

/** Whether a score moved by more than chance; "unclear" when the interval of the difference holds zero. */
export function skillShift({ old, new: now, low, high }: Shift): "better" | "worse" | "unclear" | "once" {
  if (old === null || now === null || low === null || high === null) return "once";
  if (low > 0) return "better";
  return high < 0 ? "worse" : "unclear";
}

export type DiffLine = { kind: "head" | "place" | "added" | "removed" | "same"; text: string; id: number };

/** The lines of a unified diff with what each is. */
export function diffLines(diff: string): DiffLine[] {
  return diff
    .replace(/\n$/, "")
    .split("\n")
    .map((text, id) => ({ id, text, kind: kindOf(text) }));
}

function kindOf(line: string): DiffLine["kind"] {
  if (line.startsWith("+++") || line.startsWith("---")) return "head";
  if (line.startsWith("@@")) return "place";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "same";
}
