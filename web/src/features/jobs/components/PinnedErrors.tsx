import { Anchor, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import type { LogLine } from "../history";
import classes from "./Log.module.css";

const SHOWN = 5;

/** The last lines that tell of something wrong, kept in sight whatever the job writes after them. */
export function PinnedErrors({ lines, onOpen }: { lines: LogLine[]; onOpen: (seq: number) => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const bad = useMemo(() => lines.filter((line) => line.bad), [lines]);
  if (bad.length === 0) return null;
  return (
    <section className={classes.pinned} aria-label={t("jobs.pinned")}>
      <Text size="sm" fw={600}>
        <IconAlertTriangle
          size={16}
          color="var(--mantine-color-red-light-color)"
          aria-hidden
          style={{ verticalAlign: "text-bottom" }}
        />{" "}
        {t("jobs.pinnedCount", { number: formats.number(bad.length) })}
      </Text>
      {bad.slice(-SHOWN).map(({ seq, text }) => (
        <Anchor
          key={seq}
          component="button"
          type="button"
          className={classes.pin}
          size="xs"
          onClick={() => onOpen(seq)}
        >
          {text}
        </Anchor>
      ))}
    </section>
  );
}
