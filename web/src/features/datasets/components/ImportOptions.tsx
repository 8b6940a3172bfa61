import {
  Accordion,
  Checkbox,
  Group,
  NumberInput,
  Radio,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";

export interface Choices {
  dealt: boolean;
  /** Per cent. */
  shares: Record<string, number>;
  splits: Record<string, string>;
  columns: string;
  dropOthers: boolean;
  encoding: string;
}

/** The split that a file is: as typed, else its name without the ending. */
export function splitOf(choices: Choices, file: string): string {
  return choices.splits[file] ?? file.replace(/\.[^.]+$/, "");
}

interface Props {
  choices: Choices;
  onChange: (changed: Partial<Choices>) => void;
  files: File[];
  /** The shares by which the data set was split already. */
  shares: Record<string, number> | null;
  first: boolean;
}

/** How files become splits, and how their columns are read. */
export function ImportOptions({ choices, onChange, files, shares, first }: Props) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      {shares ? (
        <Text size="sm">
          {t("datasets.splitFixed")} <Shares shares={shares} />
        </Text>
      ) : (
        <Radio.Group
          label={t("datasets.splitHow")}
          description={t("datasets.splitForEver")}
          value={choices.dealt ? "dealt" : "named"}
          onChange={(value) => onChange({ dealt: value === "dealt" })}
        >
          <Group mt="xs">
            <Radio value="named" label={t("datasets.splitNamed")} />
            <Radio value="dealt" label={t("datasets.splitDealt")} disabled={!first} />
          </Group>
        </Radio.Group>
      )}
      {!shares && choices.dealt && (
        <Group>
          {Object.entries(choices.shares).map(([split, share]) => (
            <NumberInput
              key={split}
              label={split}
              suffix=" %"
              min={0}
              max={100}
              w={120}
              value={share}
              onChange={(value) => onChange({ shares: { ...choices.shares, [split]: Number(value) || 0 } })}
            />
          ))}
        </Group>
      )}
      {!shares &&
        !choices.dealt &&
        files
          .filter((file) => file.name !== "dataset_info.json")
          .map((file) => (
            <TextInput
              key={file.name}
              label={t("datasets.splitOfFile", { file: file.name })}
              value={splitOf(choices, file.name)}
              onChange={(event) =>
                onChange({ splits: { ...choices.splits, [file.name]: event.currentTarget.value.trim() } })
              }
              w={{ base: "100%", xs: 320 }}
            />
          ))}
      <Accordion variant="contained" chevronPosition="left">
        <Accordion.Item value="reading">
          <Accordion.Control>{t("datasets.reading")}</Accordion.Control>
          <Accordion.Panel>
            <Stack gap="sm">
              <Textarea
                label={t("datasets.columns")}
                description={t("datasets.columnsHint")}
                placeholder={"prompt = question\ncompletion = answer"}
                autosize
                minRows={2}
                value={choices.columns}
                onChange={(event) => onChange({ columns: event.currentTarget.value })}
              />
              <Checkbox
                label={t("datasets.dropOthers")}
                checked={choices.dropOthers}
                onChange={(event) => onChange({ dropOthers: event.currentTarget.checked })}
              />
              <Select
                label={t("datasets.encoding")}
                data={["utf-8", "gb18030", "windows-1252"]}
                value={choices.encoding}
                onChange={(value) => onChange({ encoding: value ?? "utf-8" })}
                allowDeselect={false}
                w={220}
              />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

export function Shares({ shares }: { shares: Record<string, number> }) {
  const formats = useFormats();
  return (
    <>
      {Object.entries(shares)
        .map(([split, share]) => `${split} ${formats.number(Math.round(share * 1000) / 10)} %`)
        .join(" · ")}
    </>
  );
}
