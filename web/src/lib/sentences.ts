/**
 * Reasons that the server writes as English sentences, read back into what they say and with which names and numbers.
 *
 * The English messages of `said` are the list: each is the server's sentence with its variable parts. Those of
 * `refusals` come later, where the reader's language needs them. A test of the server holds both to its source.
 */
import type refusals from "../locales/en/refusals.json";
import said from "../locales/en/said.json";

export type Sentence = keyof typeof said | keyof typeof refusals;

interface Pattern {
  key: Sentence;
  whole: RegExp;
  /** Its longest piece of plain text, which most other sentences lack. */
  sign: string;
  /** How much of it is text of its own. */
  letters: number;
}

const VARIABLE = /\{\{(\w+)\}\}/g;

const NAME = "[^\\s/@]+/[^\\s/@]+";
const REF = `${NAME}@\\d+`;
const VERSION_STATE = "draft|candidate|approved|suspended|retired";

/** What such a part looks like; any other may be anything. The shorter a sentence, the stricter: people write too. */
const SHAPES: Record<string, string> = {
  username: "[\\w.@-]+",
  version: "\\S+?",
  suite: "\\S+?",
  reference: "\\S+?",
  stage: "\\S+?",
  accessState: "pending|accepted|rejected",
  alias: "\\S+",
  approvalState: "pending|approved|rejected|void|changes_requested",
  choices: "['\\d].*",
  chips: "[a-z_-]*\\d[\\w-]*(?:, [\\w-]+)*",
  completion: "(?:(?:chat)?cmpl-|resp_)\\S+",
  dataFile: "\\S+\\.(?:jsonl?|csv|tsv|parquet)",
  digest: "[0-9a-f]+",
  endpoint: NAME,
  ended: "succeeded|failed|was cancelled|cancelled",
  failing: "; .+",
  field: "(?:body|query|path|header|spec|metadata|apiVersion|kind|plan|aird)(?:\\.\\S+)*",
  file: "\\S+\\.\\w+",
  gating: "open|auto|manual",
  jobGoal: "queued|running|succeeded|failed|cancelled",
  jobState: "queued|running|succeeded|failed|cancelled",
  last: "\\d+",
  model: NAME,
  must: "title|need|examples|languages|data_class|floor",
  next: "\\d+",
  number: "\\d+",
  option: "(?:reuse|merge|distil|train)(?:[-_]\\w+)*",
  planState: "running|stopped|succeeded|cancelled",
  python: "\\d+\\.\\d+\\.\\S+",
  quoted: "'.*'|\".*\"",
  ref: REF,
  refs: `${REF}(?: \\+ ${REF})*`,
  requestGoal: "[a-z_]+",
  requestState: "[a-z_]+",
  revision: "\\w+",
  right: "[a-z_]+\\.[a-z_]+",
  role: "lead|staff|admin|auditor",
  slug: "[a-z0-9][\\w.-]*",
  thing: `${NAME}(?:@\\d+)?`,
  versionGoal: VERSION_STATE,
  versionState: VERSION_STATE,
  visibility: "internal|private",
  way: "linear|task_arithmetic|ties|tsv|iso_c|knots_ties|ctm|core_regmean",
  within: "the whole organisation|[a-z0-9][\\w.-]*",
  what: `${REF}|\\d+ versions`,
  where: `${NAME}|\\d+ suites`,
};

function patternOf([key, text]: [string, string]): Pattern {
  const parts = text.split(VARIABLE);
  const source = parts
    .map((part, place) => (place % 2 ? hole(part) : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
  const own = parts.filter((_, place) => place % 2 === 0);
  return {
    key: key as Sentence,
    whole: new RegExp(`^${source}$`),
    sign: own.reduce((longest, each) => (each.length > longest.length ? each : longest)),
    letters: own.join("").length,
  };
}

function hole(part: string): string {
  return `(?<${part}>${SHAPES[part] ?? "[^]+?"})`;
}

const known = new Map<string, Pattern>();
let patterns: Pattern[] = [];
/** What was read before: a page reads the same texts each time it is drawn. */
const taken = new Map<string, string[] | null>();

/** From now on these sentences are read as well, the most particular first: "Runs on a: b ..." is also "Runs on ...". */
export function learnSentences(list: Record<string, string>): void {
  for (const [key, text] of Object.entries(list)) if (!known.has(key)) known.set(key, patternOf([key, text]));
  patterns = [...known.values()].sort((one, other) => other.letters - one.letters);
  taken.clear();
}

learnSentences(said);

/** A sentence this short says nothing by itself: "Line 3: ..." is only the server's when the rest of it is. */
const FRAME = 7;

export interface Read {
  key: Sentence;
  parts: Record<string, string>;
  /** Little more than what it is about, and a sentence `why` that says the rest. */
  frame?: true;
}

/** Which sentence it is, with its variable parts; null for one that is not in the list. */
export function readSentence(text: string): Read | null {
  for (const { key, whole, sign, letters } of patterns) {
    const found = text.includes(sign) ? whole.exec(text) : null;
    if (!found) continue;
    const parts = { ...found.groups };
    return { key, parts, ...("why" in parts && letters <= FRAME && { frame: true }) };
  }
  return null;
}

/** No sentence of the list has more full stops within it. */
const STOPS = 6;

/** The sentences of a text that says one after the other, each of the list; null where one is not. */
export function sentencesOf(text: string): string[] | null {
  const before = taken.get(text);
  if (before !== undefined) return before;
  if (taken.size > 500) taken.clear();
  const found = readSentence(text) ? [text] : apart(text);
  taken.set(text, found);
  return found;
}

function apart(text: string): string[] | null {
  let end = -1;
  for (let stop = 0; stop < STOPS; stop++) {
    end = text.indexOf(". ", end + 1);
    if (end === -1) return null;
    const first = text.slice(0, end + 1);
    const rest = readSentence(first) && sentencesOf(text.slice(end + 2));
    if (rest) return [first, ...rest];
  }
  return null;
}
