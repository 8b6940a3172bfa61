import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

interface Options {
  count: number;
  /** About how high a row is, in pixels. */
  size: number;
  more: boolean;
  needMore: () => void;
  /** How many stand in a row: what was measured before it changed is forgotten. */
  columns?: number;
}

/** Which rows of a long list are in sight of the window; asks for more near the end. */
export function useRows({ count, size, more, needMore, columns = 1 }: Options) {
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
    getItemKey: useCallback((index: number) => `${columns} ${index}`, [columns]),
    estimateSize: () => size,
    overscan: 8,
    scrollMargin: top,
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
    items: items.map(({ index, key, start }) => ({ index, key, start: start - top })),
    height: virtual.getTotalSize(),
  };
}
