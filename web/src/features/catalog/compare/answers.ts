/** Answers of several runs of one exam, laid beside each other by question. */
import type { ExamItem } from "../../../api/types";

export interface Answer {
  text: string | null;
  score: number;
}

export interface AnswerRow {
  id: string;
  question: string;
  wanted: string | null;
  /** One place for each run; a run that did not have the question has none. */
  answers: (Answer | undefined)[];
}

/** Questions that the runs answered differently come first, then by name. */
export function answerRows(runs: ExamItem[][]): AnswerRow[] {
  const rows = new Map<string, AnswerRow>();
  runs.forEach((items, place) => {
    for (const item of items) {
      const row = rows.get(item.id) ?? {
        id: item.id,
        question: item.asked?.messages.at(-1)?.content ?? item.id,
        wanted: item.asked?.wanted ?? null,
        answers: runs.map(() => undefined),
      };
      row.answers[place] = { text: item.answer, score: item.score };
      rows.set(item.id, row);
    }
  });
  return [...rows.values()].sort((a, b) => spread(b) - spread(a) || a.id.localeCompare(b.id));
}

function spread({ answers }: AnswerRow): number {
  const scores = answers.flatMap((answer) => (answer ? [answer.score] : []));
  return scores.length < 2 ? 0 : Math.max(...scores) - Math.min(...scores);
}
