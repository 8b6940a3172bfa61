import { Alert, Button, Group, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import { type Unfinished as Begun, forgetUploads, unfinishedUploads } from "./queue";

/** What was begun before the page was closed: the same files, chosen again, go on where they stopped. */
export function Unfinished({ onTake }: { onTake: (model: string) => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [begun, setBegun] = useState<Begun[]>([]);
  useEffect(() => {
    void unfinishedUploads().then(setBegun);
  }, []);
  return begun.map(({ model, files }) => (
    <Alert key={model} color="blue" title={t("register.unfinished", { model })}>
      <Text size="sm">
        {t("register.unfinishedHint", {
          number: formats.number(files.length),
          files: files.slice(0, 5).join(", "),
        })}
      </Text>
      <Group gap="sm" mt="xs">
        <Button
          size="xs"
          onClick={() => {
            onTake(model);
            setBegun((all) => all.filter((each) => each.model !== model));
          }}
        >
          {t("register.takeUp")}
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            void forgetUploads(model);
            setBegun((all) => all.filter((each) => each.model !== model));
          }}
        >
          {t("register.forget")}
        </Button>
      </Group>
    </Alert>
  ));
}
