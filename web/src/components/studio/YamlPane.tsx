import { Alert, Button, FileButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { saveText } from "../../lib/save";
import { Copy } from "../CopyBlock";
import { Section } from "../Section";
import type { RecipeAtWork } from "./useRecipe";

const MAX_FILE = 65_536;

interface Props<Form> {
  recipe: RecipeAtWork<Form>;
  mode: "form" | "yaml";
  /** Show the form again. */
  onForm: () => void;
  /** The format's own name. */
  term: string;
  /** Under this name the recipe is saved. */
  fileName: string;
}

/** The recipe as YAML: comes in by typing, pasting or a file, goes out by copying or saving. */
export function YamlPane<Form>({ recipe, mode, onForm, term, fileName }: Props<Form>) {
  const { t } = useTranslation();
  const { yaml, read, setYaml, tooLong } = recipe;
  const expressible = "form" in read;
  const take = async (file: File | null) => {
    if (file && file.size <= MAX_FILE) setYaml(await file.text());
  };
  return (
    <Section
      title={t("studio.yaml")}
      term={term}
      actions={
        <Group gap="xs">
          <FileButton accept=".yaml,.yml,text/yaml,text/plain" onChange={(file) => void take(file)}>
            {(props) => (
              <Button size="xs" variant="default" {...props}>
                {t("studio.upload")}
              </Button>
            )}
          </FileButton>
          <Button size="xs" variant="default" disabled={yaml === ""} onClick={() => saveText(fileName, yaml)}>
            {t("studio.download")}
          </Button>
          <Copy text={yaml} what={t("studio.yaml")} />
        </Group>
      }
    >
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t("studio.yamlHint")}
        </Text>
        {!expressible && (
          <Alert color="blue" icon={<IconInfoCircle aria-hidden />} title={t("studio.onlyYaml")}>
            {t(`studio.unread.${read.reason}`, { at: read.at })}
          </Alert>
        )}
        {expressible && mode === "yaml" && (
          <Group>
            <Button size="xs" variant="default" onClick={onForm}>
              {t("studio.toForm")}
            </Button>
          </Group>
        )}
        <Textarea
          aria-label={t("studio.yaml")}
          value={yaml}
          maxLength={MAX_FILE}
          onChange={(event) => setYaml(event.currentTarget.value)}
          autosize
          minRows={mode === "yaml" ? 16 : 6}
          maxRows={30}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
        />
        {tooLong && (
          <Text size="sm" c="dimmed">
            {t("studio.tooLong")}
          </Text>
        )}
      </Stack>
    </Section>
  );
}
