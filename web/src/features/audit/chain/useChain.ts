import { useCallback, useEffect, useRef, useState } from "react";
import type { Verdict } from "./verify";
import type { Order } from "./verify.worker";

export type Progress =
  | { state: "idle" }
  | { state: "unavailable" }
  | { state: "running"; entries: number }
  | { state: "done"; verdict: Verdict }
  | { state: "failed"; message: string };

interface Told {
  entries?: number;
  verdict?: Verdict;
  error?: string;
}

/** Verify in this browser; browsers offer SHA-256 only to pages that came over https or from this machine. */
export function useChain(): { progress: Progress; start: (order: Order) => void } {
  const [progress, setProgress] = useState<Progress>({ state: "idle" });
  const worker = useRef<Worker | null>(null);
  useEffect(() => () => worker.current?.terminate(), []);

  const start = useCallback((order: Order) => {
    worker.current?.terminate();
    if (!globalThis.crypto?.subtle) {
      setProgress({ state: "unavailable" });
      return;
    }
    const made = new Worker(new URL("./verify.worker.ts", import.meta.url), { type: "module" });
    worker.current = made;
    setProgress({ state: "running", entries: 0 });
    made.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.verdict) setProgress({ state: "done", verdict: data.verdict });
      else if (data.error) setProgress({ state: "failed", message: data.error });
      else setProgress({ state: "running", entries: data.entries ?? 0 });
      if (data.verdict || data.error) made.terminate();
    };
    made.onerror = (event) => setProgress({ state: "failed", message: event.message });
    made.postMessage(order);
  }, []);

  return { progress, start };
}
