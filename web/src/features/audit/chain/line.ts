/** One line of the exported log, taken apart without reading numbers: what was hashed must stay letter for letter. */

export interface Link {
  seq: number;
  previous: string;
  hash: string;
  /** The text that the hash covers: `[seq,"previous",{everything else}]`. */
  hashed: string;
}

const OWN = new Set(["seq", "previous", "hash"]);

/** The members of a JSON object as they are written, without spaces between them; null when it is not an object. */
export function members(line: string): [name: string, text: string][] | null {
  const text = compact(line);
  if (!text.startsWith("{") || !text.endsWith("}")) return null;
  const found: [string, string][] = [];
  let depth = 0;
  let quoted = false;
  let start = 1;
  for (let at = 1; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter === "\\") at++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === "{" || letter === "[") depth++;
    else if (depth > 0 && (letter === "}" || letter === "]")) depth--;
    else if (depth === 0 && (letter === "," || at === text.length - 1)) {
      const member = text.slice(start, at);
      const name = /^"([^"\\]*)":/.exec(member)?.[1];
      if (name === undefined) return null;
      found.push([name, member]);
      start = at + 1;
    }
  }
  return found;
}

/** The line as a link of the chain; null when it cannot be one. */
export function linkOf(line: string): Link | null {
  const found = members(line);
  const own = new Map(found?.filter(([name]) => OWN.has(name)).map(([name, text]) => [name, textOf(text)]));
  const seq = Number(own.get("seq"));
  const [previous, hash] = [hexOf(own.get("previous")), hexOf(own.get("hash"))];
  if (!found || !Number.isSafeInteger(seq) || previous === null || hash === null) return null;
  const content = found.filter(([name]) => !OWN.has(name)).map(([, text]) => text);
  return { seq, previous, hash, hashed: `[${seq},"${previous}",{${content.join(",")}}]` };
}

function textOf(member: string): string {
  return member.slice(member.indexOf(":") + 1);
}

function hexOf(text: string | undefined): string | null {
  return /^"([0-9a-f]{64})"$/.exec(text ?? "")?.[1] ?? null;
}

/** The text without the spaces that stand outside of strings. */
function compact(line: string): string {
  return line.trim().replace(/"(?:[^"\\]|\\.)*"|\s+/g, (piece) => (piece.startsWith('"') ? piece : ""));
}
