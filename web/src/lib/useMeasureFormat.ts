import { useCallback } from "react";
import { useFormats } from "./useFormats";

/** A figure of a job as people read it; its name says what kind of figure it is. */
export function useMeasureFormat(): (name: string, value: number) => string {
  const formats = useFormats();
  return useCallback(
    (name, value) => {
      if (/(^|_)(memory|bytes)(_|$)/.test(name)) return formats.bytes(value);
      if (/(^|_)seconds(_|$)/.test(name)) return formats.duration(Math.round(value));
      return Math.abs(value) >= 1e5 ? formats.short(value) : formats.measure(value);
    },
    [formats],
  );
}
