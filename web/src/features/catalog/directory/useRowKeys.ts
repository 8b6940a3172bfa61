import type { KeyboardEvent } from "react";

interface Scroller {
  scrollToIndex: (index: number) => void;
}

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** j and k, or the arrows, go from row to row of a virtual list; Enter opens the row's link by itself. */
export function useRowKeys(count: number, scroller: Scroller) {
  return (event: KeyboardEvent<HTMLElement>) => {
    const list = event.currentTarget;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = Number(
      event.target instanceof Element
        ? event.target.closest("[data-index]")?.getAttribute("data-index")
        : Number.NaN,
    );
    if (Number.isNaN(here)) return;
    const goal = event.key === "Home" ? 0 : event.key === "End" ? count - 1 : here + (STEPS[event.key] ?? 0);
    if (goal === here || goal < 0 || goal >= count) return;
    event.preventDefault();
    scroller.scrollToIndex(goal);
    // The row may come into the document with the next frame only.
    const focus = (tries: number) => {
      const link = list.querySelector<HTMLElement>(`[data-index="${goal}"] a`);
      if (link) link.focus({ preventScroll: true });
      else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
    };
    focus(10);
  };
}
