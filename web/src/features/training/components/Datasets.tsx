import { ActionIcon, Badge, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { datasetChoicesQuery } from "../../../api/choices";
import { Section } from "../../../components/Section";
import { Quality } from "../../../components/studio/Quality";
import shared from "../../../components/studio/Studio.module.css";
import { useFormats } from "../../../lib/useFormats";
import type { Form } from "../recipe/form";

interface Props {
  form: Form;
  onChange: (form: Form) => void;
}

/** What is learnt from; each set with what its quality report came to. */
export function Datasets({ form, onChange }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const found = useQuery(datasetChoicesQuery);
  const versions = new Map(
    (found.data?.items ?? []).flatMap(({ latest }) => (latest ? [[latest.ref, latest]] : [])),
  );
  const split = form.split ?? "train";
  const offered = [...versions.values()].filter(
    ({ ref, splits, erased }) => split in splits && !erased && !form.datasets.includes(ref),
  );
  const set = (datasets: string[]) => onChange({ ...form, datasets });
  return (
    <Section title={t("training.datasets")} term={t("training.datasetsTerm")}>
      {form.datasets.length > 0 && (
        <ul className={shared.list} aria-label={t("training.datasets")}>
          {form.datasets.map((ref) => {
            const version = versions.get(ref);
            return (
              <li key={ref} className={shared.item}>
                <Group justify="space-between" wrap="nowrap">
                  <Stack gap={2} miw={0}>
                    <Group gap="xs">
                      <Text fw={600} size="sm" style={{ overflowWrap: "anywhere" }}>
                        {ref}
                      </Text>
                      {version && <Quality version={version} split={split} />}
                    </Group>
                    {version && (
                      <Text size="xs" c="dimmed">
                        {Object.entries(version.splits)
                          .map(([name, items]) => `${name} ${formats.number(items)}`)
                          .join(" · ")}
                      </Text>
                    )}
                  </Stack>
                  <ActionIcon
                    variant="default"
                    aria-label={t("studio.remove", { ref })}
                    onClick={() => set(form.datasets.filter((each) => each !== ref))}
                  >
                    <IconX size={16} aria-hidden />
                  </ActionIcon>
                </Group>
              </li>
            );
          })}
        </ul>
      )}
      <Select
        label={t(form.datasets.length > 0 ? "training.addAnother" : "training.addDataset")}
        placeholder={t("training.chooseDataset")}
        data={offered.map(({ ref }) => ref)}
        value={null}
        onChange={(ref) => ref && set([...form.datasets, ref])}
        searchable
        nothingFoundMessage={t("training.noDataset", { split })}
        renderOption={({ option }) => {
          const version = versions.get(option.value);
          return (
            <Group gap="xs">
              <Text size="sm">{option.value}</Text>
              <Badge variant="default" tt="none" fw={500}>
                {t("training.items", { number: formats.number(version?.splits[split]) })}
              </Badge>
              {version && <Quality version={version} split={split} />}
            </Group>
          );
        }}
      />
      <TextInput
        label={t("training.split")}
        description={t("training.splitHint")}
        placeholder="train"
        value={form.split ?? ""}
        onChange={(event) => onChange({ ...form, split: event.currentTarget.value.trim() || null })}
        maw={320}
      />
    </Section>
  );
}
