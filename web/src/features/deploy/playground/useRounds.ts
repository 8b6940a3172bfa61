import { useEffect, useRef, useState } from "react";
import { type Answer, streamAnswer } from "../chat";
import type { Sampling } from "../useChat";
import { type Asked, conversation, type Round, shuffled } from "./rounds";

/** A page redraws at most this often for each answer, however fast the tokens come. */
const FLUSH_MS = 80;

export interface Question {
  text: string;
  wanted?: string;
  models: readonly string[];
  system: string;
  sampling: Sampling;
  blind: boolean;
}

/** Conversations with several models at once. */
export function useRounds() {
  const [rounds, setRounds] = useState<Round[]>([]);
  const [busy, setBusy] = useState(false);
  const abort = useRef<AbortController | null>(null);

  useEffect(() => () => abort.current?.abort(), []);

  function put(at: number, model: string, change: Partial<Asked>): void {
    const changed = (each: Asked) => (each.model === model ? { ...each, ...change } : each);
    setRounds((all) =>
      all.map((round, index) => (index === at ? { ...round, asked: round.asked.map(changed) } : round)),
    );
  }

  async function ask(at: number, model: string, question: Question, signal: AbortSignal): Promise<void> {
    const messages = conversation(rounds, model, question.text, question.system);
    let latest: Answer | null = null;
    let drawn = 0;
    try {
      for await (const answer of streamAnswer({ model, messages, ...question.sampling }, signal)) {
        latest = answer;
        if (Date.now() - drawn < FLUSH_MS) continue;
        drawn = Date.now();
        put(at, model, { answer });
      }
      put(at, model, { answer: latest, done: true });
    } catch (error) {
      put(at, model, { answer: latest, done: true, error: signal.aborted ? null : error });
    }
  }

  async function send(question: Question): Promise<void> {
    const control = new AbortController();
    abort.current = control;
    const at = rounds.length;
    const models = question.blind ? shuffled(question.models) : question.models;
    const asked = models.map((model): Asked => ({ model, answer: null, error: null, done: false }));
    setRounds((all) => [
      ...all,
      { question: question.text, wanted: question.wanted, blind: question.blind, asked },
    ]);
    setBusy(true);
    await Promise.all(question.models.map((model) => ask(at, model, question, control.signal)));
    setBusy(false);
  }

  return {
    rounds,
    busy,
    send,
    stop: () => abort.current?.abort(),
    clear: () => setRounds([]),
  };
}
