import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef, useState } from "react";
import type { JobEvent } from "../../api/types";
import { readEvents } from "../../lib/sse";
import { eventsPage, openStream } from "./api";
import { applyEvents, EMPTY, type History } from "./history";

export type Connection = "connecting" | "live" | "reconnecting" | "ended";

/** A page redraws at most this often, however fast the job talks. */
const FLUSH_MS = 150;
const MAX_WAIT_MS = 10_000;

interface Follower {
  after: () => number;
  hear: (events: JobEvent[]) => void;
  connection: (now: Connection) => void;
}

/** Follow one job from wherever we are until it ends; a lost stream is taken up where it broke off. */
async function follow(id: string, { after, hear, connection }: Follower, signal: AbortSignal): Promise<void> {
  for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    try {
      await catchUp(id, after, hear, signal);
      const response = await openStream(id, after(), signal);
      if (!response.ok || !response.body) throw new Error(String(response.status));
      connection("live");
      for await (const event of readEvents(response.body)) {
        wait = 1_000;
        if (event.event === "end") return connection("ended");
        const heard = parse(event.id, event.event, event.data);
        if (heard) hear([heard]);
      }
    } catch {
      // Some proxies swallow streams: then each new try begins with the plain way.
      if (signal.aborted) return;
    }
    if (signal.aborted) return;
    connection("reconnecting");
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** What has been said so far comes in large pages: a stream would bring it line by line. */
async function catchUp(id: string, after: () => number, hear: Follower["hear"], signal: AbortSignal) {
  for (let more = true; more && !signal.aborted; ) {
    const { items, next } = await eventsPage(id, after());
    hear(items);
    more = next !== null && items.length > 0;
  }
}

function parse(id: string | null, kind: string, data: string): JobEvent | null {
  if (kind !== "state" && kind !== "progress" && kind !== "log") return null;
  try {
    const body: unknown = JSON.parse(data);
    if (typeof body !== "object" || body === null) return null;
    // A stream tells what happens as it happens.
    return { seq: Number(id), at: new Date().toISOString(), kind, data: { ...body } };
  } catch {
    return null;
  }
}

/**
 * The history of a job, kept current while the page is visible. The job itself does not notice.
 * `final` says that it has ended: when that changes, as by a retry, the stream is opened again.
 */
export function useJobHistory(id: string, final: boolean): { history: History; connection: Connection } {
  const [history, apply] = useReducer(applyEvents, EMPTY);
  const [connection, setConnection] = useState<Connection>("connecting");
  const queries = useQueryClient();

  const heard = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a job that ends or starts again is followed anew
  useEffect(() => {
    let waiting: JobEvent[] = [];
    let over = false;
    let left = false;
    let abort = new AbortController();

    const hear = (events: JobEvent[]) => {
      for (const event of events) {
        // What comes after we have left is for the next one who follows.
        if (left || event.seq <= heard.current) continue;
        heard.current = event.seq;
        waiting.push(event);
      }
    };
    const flush = () => {
      if (waiting.length === 0) return;
      const changed = waiting.some((event) => event.kind === "state");
      apply(waiting);
      waiting = [];
      if (changed) void queries.invalidateQueries({ queryKey: ["job", id] });
    };
    const flushing = setInterval(flush, FLUSH_MS);
    const note = (now: Connection) => {
      if (now === "ended") {
        over = true;
        void queries.invalidateQueries({ queryKey: ["job", id] });
        void queries.invalidateQueries({ queryKey: ["jobs"] });
      }
      setConnection(now);
    };
    const start = () => void follow(id, { after: () => heard.current, hear, connection: note }, abort.signal);
    const onVisibility = () => {
      abort.abort();
      if (document.hidden || over) return;
      abort = new AbortController();
      start();
    };

    start();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      clearInterval(flushing);
      left = true;
      flush(); // what was heard is not asked for again
      abort.abort();
    };
  }, [id, final, queries]);

  return { history, connection };
}
