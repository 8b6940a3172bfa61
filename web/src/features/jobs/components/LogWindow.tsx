import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { LogLine } from "../history";
import classes from "./Log.module.css";

const HEIGHT = 20;

interface Props {
  lines: LogLine[];
  /** What is looked for, in lower case. */
  mark: string;
  follow: boolean;
  /** The line to bring into sight. */
  target: number | null;
  /** The reader scrolled away from the end. */
  onLeave: () => void;
  /** Open a line that was found among those around it. */
  onOpen?: (seq: number) => void;
  empty: string;
}

/** A window on the log: however long it is, only the lines in sight are in the document. */
export function LogWindow({ lines, mark, follow, target, onLeave, onOpen, empty }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const count = lines.length;
  const rows = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    getItemKey: (index) => lines[index]?.seq ?? index,
    overscan: 20,
  });

  useEffect(() => {
    if (follow && count > 0) rows.scrollToIndex(count - 1, { align: "end" });
  }, [follow, count, rows]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: lines that come later do not move the reader
  useEffect(() => {
    const index = target === null ? -1 : lines.findIndex(({ seq }) => seq === target);
    if (index >= 0) rows.scrollToIndex(index, { align: "center" });
  }, [target, mark, rows]);

  return (
    <div
      ref={box}
      className={classes.log}
      role="log"
      aria-label={t("jobs.log")}
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && onLeave()}
      onKeyDown={(event) => ["ArrowUp", "PageUp", "Home"].includes(event.key) && onLeave()}
      onTouchMove={onLeave}
    >
      {count === 0 ? (
        empty
      ) : (
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map(({ key, index, start }) => {
            const line = lines[index];
            if (!line) return null;
            return (
              <div
                key={key}
                className={classes.line}
                style={{ transform: `translateY(${start}px)`, height: HEIGHT }}
                data-bad={line.bad || undefined}
                data-target={line.seq === target || undefined}
              >
                {onOpen && (
                  <button type="button" className={classes.open} onClick={() => onOpen(line.seq)}>
                    {t("jobs.inContext")}
                  </button>
                )}
                <Marked text={line.text} mark={mark} />
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

function Marked({ text, mark }: { text: string; mark: string }) {
  const at = mark ? text.toLowerCase().indexOf(mark) : -1;
  if (at < 0) return <>{text || " "}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + mark.length)}</mark>
      {text.slice(at + mark.length)}
    </>
  );
}
