import { Group, Stack, Switch, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Copy } from "../../../components/CopyBlock";
import { useFormats } from "../../../lib/useFormats";
import type { LogLine } from "../history";
import classes from "./Log.module.css";

/** What the job wrote; follows the end until the reader scrolls away. */
export function Log({ lines, dropped }: { lines: LogLine[]; dropped: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const text = lines.map((line) => line.text.replace(/\n$/, "")).join("\n");

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new text is a reason to scroll
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follow]);

  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Switch
          label={t("jobs.follow")}
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
        />
        <Group gap="xs">
          {dropped > 0 && (
            <Text size="xs" c="dimmed">
              {t("jobs.dropped", { number: formats.number(dropped) })}
            </Text>
          )}
          <Copy text={text} what={t("jobs.log")} />
        </Group>
      </Group>
      <pre
        ref={box}
        className={classes.log}
        role="log"
        aria-label={t("jobs.log")}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
      >
        {text || t("jobs.noLog")}
      </pre>
    </Stack>
  );
}
