/** Which step the tour is at; null when it is not going on. It is kept for this tab alone. */
import { useSyncExternalStore } from "react";

let at: number | null = null;
const listeners = new Set<() => void>();

export function goTo(step: number | null): void {
  at = step;
  for (const listener of listeners) listener();
}

export function useStep(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => at,
  );
}
