/** The chain recomputed: the same walk as on the server, with the browser's own SHA-256. */
import { type Link, linkOf } from "./line";

export interface Anchor {
  seq: number;
  hash: string;
}

export type Fault =
  | { code: "unreadable" | "missing" | "not_built_on" | "changed" | "not_anchored"; seq: number }
  | { code: "cut_off"; seq: number; anchored: number };

type Found = Exclude<Fault["code"], "cut_off">;

export interface Verdict {
  entries: number;
  head: string;
  anchors: number;
  fault: Fault | null;
}

export const GENESIS = "0".repeat(64);

export async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Takes the log in pieces; after a fault nothing more is looked at. */
export class Walk {
  private readonly known: Map<number, string>;
  private verdict: Verdict = { entries: 0, head: GENESIS, anchors: 0, fault: null };

  constructor(anchors: Anchor[]) {
    this.known = new Map(anchors.map(({ seq, hash }) => [seq, hash]));
  }

  get entries(): number {
    return this.verdict.entries;
  }

  /** The next lines, in order. Returns false when a fault was found. */
  async take(lines: string[]): Promise<boolean> {
    const links = lines.map(linkOf);
    const hashes = await Promise.all(links.map((link) => link && sha256(link.hashed)));
    for (const [place, link] of links.entries()) {
      if (this.verdict.fault) return false;
      this.step(link, hashes[place] ?? "");
    }
    return this.verdict.fault === null;
  }

  /** What was found of the whole log. */
  end(): Verdict {
    const { entries, fault } = this.verdict;
    const beyond = [...this.known.keys()].filter((seq) => seq > entries);
    if (fault === null && beyond.length > 0) {
      this.verdict.fault = { code: "cut_off", seq: entries, anchored: Math.max(...beyond) };
    }
    return this.verdict;
  }

  private step(link: Link | null, hash: string): void {
    const seq = this.verdict.entries + 1;
    const code = this.faultOf(link, seq, hash);
    if (code !== null) {
      this.fail(code, seq);
      return;
    }
    this.verdict.entries = seq;
    this.verdict.head = hash;
    const anchored = this.known.get(seq);
    if (anchored === undefined) return;
    this.verdict.anchors++;
    if (anchored !== hash) this.fail("not_anchored", seq);
  }

  private faultOf(link: Link | null, seq: number, hash: string): Found | null {
    if (link === null) return "unreadable";
    if (link.seq !== seq) return "missing";
    if (link.previous !== this.verdict.head) return "not_built_on";
    return link.hash === hash ? null : "changed";
  }

  private fail(code: Found, seq: number): void {
    this.verdict.fault = { code, seq };
  }
}
