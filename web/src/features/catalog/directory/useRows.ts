import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

interface Options {
  count: number;
  /** How high a row is, in rem: all are the same, so that ten thousand cost no more than ten. */
  height: number;
  more: boolean;
  needMore: () => void;
}

/** Which rows of a long list are in sight of the window; asks for more near the end. */
export function useRows({ count, height, more, needMore }: Options) {
  const size = height * rem();
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const look = () => {
      const found = box.current ? box.current.getBoundingClientRect().top + window.scrollY : 0;
      setTop(Math.round(found));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => size,
    overscan: 5,
    scrollMargin: top,
    // Several steps of the wheel within a frame are drawn once.
    useFlushSync: false,
    // The header of the shell covers the first lines of the window.
    scrollPaddingStart: 110,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more && last >= count - 20) needMore();
  }, [more, last, count, needMore]);
  return {
    box,
    virtual,
    items: items.map(({ index, start }) => ({ index, start: start - top })),
    size,
    total: virtual.getTotalSize(),
  };
}

/** The person's font size in pixels. */
function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
