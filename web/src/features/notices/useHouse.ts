import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { readEvents } from "../../lib/sse";
import { openHouseStream } from "./api";
import { staleKeys } from "./stale";

const MAX_WAIT_MS = 30_000;

interface Change {
  seq: number;
  slices: string[];
  notices: number;
}

/**
 * The one stream of this tab: what changed on the server is asked for again where it is on the page.
 * A tab that nobody looks at listens to nothing; when it comes back it takes up where it left off.
 */
export function useHouse(): void {
  const queries = useQueryClient();
  const heard = useRef<number | null>(null);
  useEffect(() => {
    let abort = new AbortController();
    const hear = (change: Change) => {
      heard.current = change.seq;
      for (const key of staleKeys(change.slices)) void queries.invalidateQueries({ queryKey: [key] });
      if (change.notices === 0) return;
      void queries.invalidateQueries({ queryKey: ["desk"] });
      void queries.invalidateQueries({ queryKey: ["notices"] });
    };
    const onVisibility = () => {
      abort.abort();
      if (document.hidden) return;
      abort = new AbortController();
      void listen(() => heard.current, hear, abort.signal);
    };
    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      abort.abort();
    };
  }, [queries]);
}

async function listen(after: () => number | null, hear: (change: Change) => void, signal: AbortSignal) {
  for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    try {
      const response = await openHouseStream(after(), signal);
      if (response.status === 401) return; // signed out: the next question of the page says so
      if (!response.ok || !response.body) throw new Error(String(response.status));
      for await (const event of readEvents(response.body)) {
        wait = 1_000;
        const change = parse(event.data);
        if (change) hear(change);
      }
    } catch {
      if (signal.aborted) return;
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function parse(data: string): Change | null {
  try {
    const found: Partial<Change> = JSON.parse(data);
    if (typeof found.seq !== "number") return null;
    return { seq: found.seq, slices: found.slices ?? [], notices: found.notices ?? 0 };
  } catch {
    return null;
  }
}
