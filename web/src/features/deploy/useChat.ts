import { useEffect, useRef, useState } from "react";
import { type Answer, type Message, streamAnswer } from "./chat";

/** A question with what has come back so far. */
export interface Turn {
  question: string;
  answer: Answer | null;
  error: unknown;
}

/** A page redraws at most this often, however fast the tokens come. */
const FLUSH_MS = 80;

export interface Sampling {
  temperature: number;
  maxTokens: number;
}

export function useChat(model: string) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [busy, setBusy] = useState(false);
  const abort = useRef<AbortController | null>(null);

  useEffect(() => () => abort.current?.abort(), []);

  async function send(question: string, sampling: Sampling): Promise<void> {
    const control = new AbortController();
    abort.current = control;
    const before = turns.filter((turn) => turn.answer && !turn.error);
    const messages = [...before.flatMap(asMessages), { role: "user" as const, content: question }];
    const put = (change: Partial<Turn>) =>
      setTurns((all) => all.map((turn, index) => (index === all.length - 1 ? { ...turn, ...change } : turn)));
    setTurns((all) => [...all, { question, answer: null, error: null }]);
    setBusy(true);
    let latest: Answer | null = null;
    let drawn = 0;
    try {
      for await (const answer of streamAnswer({ model, messages, ...sampling }, control.signal)) {
        latest = answer;
        if (Date.now() - drawn < FLUSH_MS) continue;
        drawn = Date.now();
        put({ answer });
      }
      put({ answer: latest });
    } catch (error) {
      if (control.signal.aborted) put({ answer: latest });
      else put({ answer: latest, error });
    } finally {
      setBusy(false);
    }
  }

  return {
    turns,
    busy,
    send,
    stop: () => abort.current?.abort(),
    clear: () => setTurns([]),
  };
}

export function asMessages(turn: Turn): Message[] {
  const question: Message = { role: "user", content: turn.question };
  return turn.answer ? [question, { role: "assistant", content: turn.answer.content }] : [question];
}
