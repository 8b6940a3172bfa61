/** A question that was put to several at once, and what they have answered so far. */

import type { Answer, Message } from "../chat";
import { asMessages } from "../useChat";

export const MOST = 3;

/** One of those who were asked. */
export interface Asked {
  model: string;
  answer: Answer | null;
  error: unknown;
  done: boolean;
}

export interface Round {
  question: string;
  /** The answer that would be a good one, where the question is an example of a request. */
  wanted?: string;
  /** Who answers is not shown until there is a vote. */
  blind: boolean;
  /** In the order in which the answers are shown. */
  asked: Asked[];
}

export function letter(place: number): string {
  return String.fromCharCode("A".charCodeAt(0) + place);
}

/** The same in an order that nobody can guess; `draw` gives numbers from 0 up to 1. */
export function shuffled<T>(items: readonly T[], draw: () => number = Math.random): T[] {
  const found = [...items];
  for (let last = found.length - 1; last > 0; last--) {
    const place = Math.floor(draw() * (last + 1));
    [found[last], found[place]] = [found[place] as T, found[last] as T];
  }
  return found;
}

/** What one model is sent: its own conversation so far, and the question. */
export function conversation(
  rounds: readonly Round[],
  model: string,
  question: string,
  system: string,
): Message[] {
  const before = rounds.flatMap(({ question: said, asked }) => {
    const own = asked.find((each) => each.model === model);
    return own?.answer && !own.error ? asMessages({ question: said, answer: own.answer, error: null }) : [];
  });
  const first: Message[] = system.trim() ? [{ role: "system", content: system.trim() }] : [];
  return [...first, ...before, { role: "user", content: question }];
}

/** Whether the answers can be compared: at least two, all come to their end. */
export function comparable(round: Round): boolean {
  const ended = ({ answer, error, done }: Asked) =>
    done && !error && answer?.finish != null && answer.id !== "";
  return round.asked.length > 1 && round.asked.every(ended);
}

/** The names in an address that somebody answers to now; a version stands for whoever answers with it alone. */
export function resolved(
  wanted: readonly string[],
  choices: readonly { model: string; version: string; role: string }[],
): { models: string[]; missing: string[] } {
  const models = new Set<string>();
  const missing: string[] = [];
  for (const name of wanted) {
    const alone = choices.filter((each) => each.version === name);
    const found =
      choices.find((each) => each.model === name) ??
      alone.find((each) => each.role !== "endpoint") ??
      alone[0];
    if (found) models.add(found.model);
    else missing.push(name);
  }
  return { models: [...models].slice(0, MOST), missing };
}
