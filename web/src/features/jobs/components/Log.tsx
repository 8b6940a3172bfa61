import { Button, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Copy } from "../../../components/CopyBlock";
import { saveText } from "../../../lib/save";
import { useFormats } from "../../../lib/useFormats";
import type { LogLine } from "../history";
import { LogWindow } from "./LogWindow";
import { PinnedErrors } from "./PinnedErrors";

interface Props {
  /** Under this name the log is saved. */
  name: string;
  lines: LogLine[];
  dropped: number;
}

/** What the job wrote; follows the end until the reader scrolls away. Only the lines in sight are in the page. */
export function Log({ name, lines, dropped }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [follow, setFollow] = useState(true);
  const [typed, setTyped] = useState("");
  const [target, setTarget] = useState<number | null>(null);
  const searched = useDeferredValue(typed.trim().toLowerCase());
  const shown = useMemo(
    () => (searched ? lines.filter(({ text }) => text.toLowerCase().includes(searched)) : lines),
    [lines, searched],
  );
  const whole = () => lines.map(({ text }) => text).join("\n");
  const goTo = (seq: number) => {
    setFollow(false);
    setTyped("");
    setTarget(seq);
  };
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-end">
        <Group align="flex-end">
          <TextInput
            type="search"
            label={t("jobs.searchLog")}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setTarget(null);
            }}
            size="xs"
          />
          <Text size="xs" c="dimmed" aria-live="polite">
            {searched
              ? t("jobs.found", { found: formats.number(shown.length), all: formats.number(lines.length) })
              : t("jobs.lines", { number: formats.number(lines.length) })}
            {dropped > 0 && ` · ${t("jobs.dropped", { number: formats.number(dropped) })}`}
          </Text>
        </Group>
        <Group gap="xs">
          <Switch
            size="sm"
            label={t("jobs.follow")}
            checked={follow && !searched}
            disabled={searched !== ""}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
          <Button
            size="compact-sm"
            variant="default"
            disabled={lines.length === 0}
            onClick={() => saveText(`${name}.log`, `${whole()}\n`, "text/plain")}
          >
            {t("jobs.downloadLog")}
          </Button>
          <Copy text={whole} what={t("jobs.log")} />
        </Group>
      </Group>
      <PinnedErrors lines={lines} onOpen={goTo} />
      <LogWindow
        lines={shown}
        mark={searched}
        follow={follow && !searched}
        target={target}
        onLeave={() => setFollow(false)}
        onOpen={searched ? goTo : undefined}
        empty={searched ? t("common.nothingFound") : t("jobs.noLog")}
      />
    </Stack>
  );
}
