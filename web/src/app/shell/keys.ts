/** Keys without a modifier: g and a letter go to a page, j and k walk a list, ? says what there is. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { useMay } from "../../api/session";
import { placeOfKey, placesFor } from "./places";

const PATIENCE_MS = 1_500;

/** Whether somebody is typing, or a window is open that has keys of its own. */
function busy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("[role=dialog], [role=menu], [role=listbox]")) return true;
  return ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Move the focus to the link of the next row of the list on the page, or of the one before. */
function step(by: 1 | -1): boolean {
  const links = [
    ...document.querySelectorAll<HTMLElement>("main tbody th a, main [role=rowheader] a, main li a"),
  ];
  if (links.length === 0) return false;
  const here = links.findIndex((link) => document.activeElement === link);
  const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}

export function usePageKeys(): void {
  const navigate = useNavigate();
  const may = useMay();
  const places = useMemo(() => placesFor(may), [may]);
  const pressed = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || busy(event.target))
        return;
      const waiting = event.timeStamp - pressed.current < PATIENCE_MS;
      pressed.current = 0;
      if (waiting) {
        const place = placeOfKey(event.key, places);
        if (event.key === "h") void navigate({ to: "/" });
        else if (place) void navigate({ to: place.to });
        else return;
        event.preventDefault();
      } else if (event.key === "g") {
        pressed.current = event.timeStamp;
      } else if (event.key === "?") {
        void navigate({ to: "/help" });
        event.preventDefault();
      } else if (event.key === "j" || event.key === "k") {
        if (step(event.key === "j" ? 1 : -1)) event.preventDefault();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, places]);
}
