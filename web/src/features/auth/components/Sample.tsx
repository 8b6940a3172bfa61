import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SampleBadge } from "../../../components/SampleBadge";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { sampleQuery, useRemoveSample } from "../sampleApi";

const WORD = "sample";

/** For an admin of a house with a sample organisation: what it is, and the button that takes it away. */
export function Sample() {
  const { t } = useTranslation();
  const formats = useFormats();
  const sample = useQuery(sampleQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const [typed, setTyped] = useState("");
  const remove = useRemoveSample(t("sample.removed"));
  const found = sample.data;
  if (!found || found.departments.length === 0) return null;
  const blocked = found.foreign.length > 0 || found.running > 0;
  return (
    <Section title={t("sample.title")} term={t("sample.term")} actions={<SampleBadge />}>
      <Text size="sm">
        {t("sample.holds", {
          departments: found.departments.join(", "),
          models: formats.number(found.models),
          versions: formats.number(found.versions),
          jobs: formats.number(found.jobs),
        })}
      </Text>
      {found.foreign.length > 0 && (
        <Text size="sm">{t("sample.foreign", { names: found.foreign.join(", ") })}</Text>
      )}
      {found.running > 0 && (
        <Text size="sm">{t("sample.running", { number: formats.number(found.running) })}</Text>
      )}
      <Group>
        <Button variant="default" onClick={open} disabled={blocked}>
          {t("sample.remove")}
        </Button>
      </Group>
      <Modal
        opened={opened}
        onClose={close}
        title={t("sample.remove")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() === WORD) remove.mutate(undefined, { onSuccess: close });
          }}
        >
          <Stack>
            <Text size="sm">{t("sample.warning")}</Text>
            <TextInput
              label={t("sample.type", { word: WORD })}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
            />
            <Button type="submit" color="red" disabled={typed.trim() !== WORD} loading={remove.isPending}>
              {t("sample.remove")}
            </Button>
          </Stack>
        </form>
      </Modal>
    </Section>
  );
}
