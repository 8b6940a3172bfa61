import { useEffect, useRef, useState } from "react";
import type { Layout, LayoutOrder } from "./layout";

/** Places of the nodes, worked out beside the page; undefined until the first answer, null when that failed. */
export function useLayout(order: Omit<LayoutOrder, "id">): Layout["places"] | null | undefined {
  const [places, setPlaces] = useState<Layout["places"] | null>();
  const worker = useRef<Worker | null>(null);
  const latest = useRef(0);

  useEffect(() => {
    const started = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    started.onmessage = ({ data }: MessageEvent<Layout>) => {
      if (data.id === latest.current) setPlaces(data.places);
    };
    started.onerror = () => setPlaces(null);
    worker.current = started;
    return () => started.terminate();
  }, []);

  useEffect(() => {
    latest.current += 1;
    worker.current?.postMessage({ id: latest.current, ...order });
  }, [order]);

  return places;
}
