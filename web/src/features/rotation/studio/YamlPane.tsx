import { Alert, Button, FileButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Copy } from "../../../components/CopyBlock";
import { Section } from "../../../components/Section";
import { saveYaml } from "../save";
import type { Studio } from "./useStudio";

const MAX_FILE = 65_536;

/** The recipe as mergekit YAML: comes in by typing, pasting or a file, goes out by copying or saving. */
export function YamlPane({ studio }: { studio: Studio }) {
  const { t } = useTranslation();
  const { yaml, read, setYaml, mode, setPlace } = studio;
  const expressible = "form" in read;
  const take = async (file: File | null) => {
    if (file && file.size <= MAX_FILE) setYaml(await file.text());
  };
  return (
    <Section
      title={t("rotation.yaml")}
      term={t("rotation.yamlTerm")}
      actions={
        <Group gap="xs">
          <FileButton accept=".yaml,.yml,text/yaml,text/plain" onChange={(file) => void take(file)}>
            {(props) => (
              <Button size="xs" variant="default" {...props}>
                {t("rotation.upload")}
              </Button>
            )}
          </FileButton>
          <Button size="xs" variant="default" disabled={yaml === ""} onClick={() => saveYaml(yaml)}>
            {t("rotation.download")}
          </Button>
          <Copy text={yaml} what={t("rotation.yaml")} />
        </Group>
      }
    >
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t("rotation.yamlHint")}
        </Text>
        {!expressible && (
          <Alert color="blue" icon={<IconInfoCircle aria-hidden />} title={t("rotation.onlyYaml")}>
            {t(`rotation.unread.${read.reason}`, { at: read.at })}
          </Alert>
        )}
        {expressible && mode === "yaml" && (
          <Group>
            <Button size="xs" variant="default" onClick={() => setPlace({ mode: undefined })}>
              {t("rotation.toForm")}
            </Button>
          </Group>
        )}
        <Textarea
          aria-label={t("rotation.yaml")}
          value={yaml}
          maxLength={MAX_FILE}
          onChange={(event) => setYaml(event.currentTarget.value)}
          autosize
          minRows={mode === "yaml" ? 16 : 6}
          maxRows={30}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
        />
        {studio.tooLong && (
          <Text size="sm" c="dimmed">
            {t("rotation.tooLong")}
          </Text>
        )}
      </Stack>
    </Section>
  );
}
