import { Button, Group, Stack, Text } from "@mantine/core";
import { IconFiles, IconFolder } from "@tabler/icons-react";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Item } from "./checks";
import { chosen, dropped } from "./drop";
import classes from "./Register.module.css";

interface Props {
  onFiles: (items: Item[]) => void;
  disabled: boolean;
}

/** Where files are dropped; two buttons do the same for those who do not drag. */
export function DropZone({ onFiles, disabled }: Props) {
  const { t } = useTranslation();
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    if (!disabled) void dropped(event.dataTransfer).then(onFiles);
  }

  const input = (ref: typeof files, label: string, isFolder: boolean) => (
    <input
      ref={ref}
      type="file"
      multiple
      hidden
      aria-label={label}
      disabled={disabled}
      {...(isFolder ? { webkitdirectory: "" } : {})}
      onChange={(event) => {
        onFiles(chosen(event.currentTarget.files));
        event.currentTarget.value = "";
      }}
    />
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way, the buttons inside are the first
    <div
      className={classes.drop}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Stack align="center" gap="sm" ta="center">
        <Text>{t("register.dropHere")}</Text>
        <Group justify="center" gap="sm">
          <Button
            variant="default"
            leftSection={<IconFolder size={18} aria-hidden />}
            disabled={disabled}
            onClick={() => folder.current?.click()}
          >
            {t("register.chooseFolder")}
          </Button>
          <Button
            variant="default"
            leftSection={<IconFiles size={18} aria-hidden />}
            disabled={disabled}
            onClick={() => files.current?.click()}
          >
            {t("register.chooseFiles")}
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          {t("register.dropHint")}
        </Text>
      </Stack>
      {input(folder, t("register.chooseFolder"), true)}
      {input(files, t("register.chooseFiles"), false)}
    </div>
  );
}
