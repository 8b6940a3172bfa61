import { Button, FileInput, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUpload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Dataset, DatasetPreview } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { type ImportOrder, useImport, usePreview } from "../api";
import { pathOf } from "../words";
import { type Choices, ImportOptions, splitOf } from "./ImportOptions";
import { PreviewView } from "./PreviewView";

const START: Choices = {
  dealt: false,
  shares: { train: 80, dev: 10, exam: 10 },
  splits: {},
  columns: "",
  dropOthers: false,
  encoding: "utf-8",
};

/** "prompt = 问题" line by line. */
function columnsOf(text: string): Record<string, string> {
  const pairs = text.split("\n").map((line) => line.split("="));
  return Object.fromEntries(
    pairs
      .map(([field = "", ...column]) => [field.trim(), column.join("=").trim()] as const)
      .filter(([field, column]) => field && column),
  );
}

function orderOf(files: File[], choices: Choices, fixed: boolean): ImportOrder {
  const named = !fixed && !choices.dealt;
  const shares = Object.entries(choices.shares).filter(([, share]) => share > 0);
  const data = files.filter((file) => file.name !== "dataset_info.json");
  return {
    files,
    shares: choices.dealt && !fixed ? Object.fromEntries(shares.map(([name, n]) => [name, n / 100])) : {},
    splits: named ? Object.fromEntries(data.map((file) => [file.name, splitOf(choices, file.name)])) : {},
    columns: columnsOf(choices.columns),
    dropOthers: choices.dropOthers,
    encoding: choices.encoding,
  };
}

/** Imports a version: choose files, look at what they would become, then file them. */
export function ImportDialog({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const [files, setFiles] = useState<File[]>([]);
  const [choices, setChoices] = useState<Choices>(START);
  const [shown, setShown] = useState<DatasetPreview | null>(null);
  const preview = usePreview(dataset.name);
  const filing = useImport(pathOf(dataset.name));
  const fixed = Object.keys(dataset.shares).length > 0;
  const order = () => orderOf(files, choices, fixed);
  const change = (changed: Partial<Choices>) => {
    setChoices({ ...choices, ...changed });
    setShown(null);
  };

  async function look() {
    setShown(null);
    setShown(await preview.mutateAsync(order()).catch(() => null));
  }

  async function file() {
    const done = await filing.mutateAsync(order()).catch(() => null);
    if (!done) return;
    setFiles([]);
    setShown(null);
    setChoices(START);
    close();
  }

  const error = filing.error ?? preview.error;
  return (
    <>
      <Button leftSection={<IconUpload size={18} aria-hidden />} onClick={open}>
        {t("datasets.import")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        size="xl"
        title={t("datasets.importInto", { name: dataset.name })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("datasets.importHint")}
          </Text>
          <FileInput
            label={t("datasets.files")}
            placeholder={t("datasets.chooseFiles")}
            multiple
            clearable
            clearButtonProps={{ "aria-label": t("datasets.clearFiles") }}
            accept=".jsonl,.json,.csv,.tsv,.parquet"
            value={files}
            onChange={(chosen) => {
              setFiles(chosen);
              setShown(null);
            }}
          />
          <ImportOptions
            choices={choices}
            onChange={change}
            files={files}
            shares={fixed ? dataset.shares : null}
            first={dataset.versions === 0}
          />
          {error && <ErrorBox error={error} />}
          {shown && <PreviewView preview={shown} />}
          <Group justify="flex-end">
            <Button
              variant={shown?.ready ? "default" : "filled"}
              disabled={files.length === 0}
              loading={preview.isPending}
              onClick={() => void look()}
            >
              {t("datasets.preview")}
            </Button>
            <Button disabled={!shown?.ready} loading={filing.isPending} onClick={() => void file()}>
              {t("datasets.accept")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
