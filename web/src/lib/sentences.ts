/**
 * Reasons that the server writes as English sentences, read back into what they say and with which names and numbers.
 *
 * The English messages of `said` are the list: each is the server's sentence with its variable parts. A test of the
 * server holds the list to its source.
 */
import said from "../locales/en/said.json";

export type Sentence = keyof typeof said;

interface Pattern {
  key: Sentence;
  whole: RegExp;
}

const VARIABLE = /\{\{(\w+)\}\}/g;

const NAME = "[^\\s/@]+/[^\\s/@]+";
const REF = `${NAME}@\\d+`;

/** What such a part looks like; any other may be anything. The shorter a sentence, the stricter: people write too. */
const SHAPES: Record<string, string> = {
  version: "\\S+?",
  suite: "\\S+?",
  reference: "\\S+?",
  stage: "\\S+?",
  alias: "\\S+",
  completion: "(?:(?:chat)?cmpl-|resp_)\\S+",
  digest: "[0-9a-f]+",
  file: "\\S+\\.\\w+",
  last: "\\d+",
  model: NAME,
  next: "\\d+",
  number: "\\d+",
  option: "(?:reuse|merge|distil|train)(?:[-_]\\w+)*",
  python: "\\d+\\.\\d+\\.\\S+",
  ref: REF,
  refs: `${REF}(?: \\+ ${REF})*`,
  revision: "\\w+",
  thing: `${NAME}(?:@\\d+)?`,
  way: "linear|task_arithmetic|ties|tsv|iso_c|knots_ties|ctm|core_regmean",
  what: `${REF}|\\d+ versions`,
  where: `${NAME}|\\d+ suites`,
};

function patternOf([key, text]: [string, string]): Pattern {
  const parts = text.split(VARIABLE);
  const source = parts
    .map((part, place) => (place % 2 ? hole(part) : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
  return { key: key as Sentence, whole: new RegExp(`^${source}$`) };
}

function hole(part: string): string {
  return `(?<${part}>${SHAPES[part] ?? "[^]+?"})`;
}

const letters = (text: string) => text.replaceAll(VARIABLE, "").length;

// The most particular first: "Runs on a: b holds 1 cpu ..." is also "Runs on ...".
const PATTERNS = Object.entries(said)
  .sort(([, one], [, other]) => letters(other) - letters(one))
  .map(patternOf);

/** Which sentence it is, with its variable parts; null for one that is not in the list. */
export function readSentence(text: string): { key: Sentence; parts: Record<string, string> } | null {
  for (const { key, whole } of PATTERNS) {
    const found = whole.exec(text);
    if (found) return { key, parts: { ...found.groups } };
  }
  return null;
}
