import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { ErrorBox } from "../../../components/ErrorBox";
import { useOpenDataset } from "../api";
import { KINDS } from "../words";

const OPENED = KINDS.filter((kind) => kind !== "feedback");

/** Opens a data set; its first version is imported on its page. */
export function NewDataset() {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const departments = useDepartmentChoices();
  const navigate = useNavigate();
  const act = useOpenDataset();
  const [department, setDepartment] = useState<string | null>(null);
  const [slug, setSlug] = useState("");
  const [title, setTitle] = useState("");
  const [kind, setKind] = useState<(typeof OPENED)[number]>("training");

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!department) return;
    try {
      await act.mutateAsync({ name: `${department}/${slug.trim()}`, title: title.trim(), kind });
      close();
      await navigate({ to: "/datasets/$department/$name", params: { department, name: slug.trim() } });
    } catch {
      // Shown above the form.
    }
  }

  return (
    <>
      <Button onClick={open}>{t("datasets.new")}</Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t("datasets.new")}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <form onSubmit={submit}>
          <Stack>
            {act.error && <ErrorBox error={act.error} />}
            <Select
              label={t("common.department")}
              data={departments}
              value={department}
              onChange={setDepartment}
              required
            />
            <TextInput
              label={t("datasets.name")}
              description={t("datasets.nameHint")}
              value={slug}
              onChange={(event) => setSlug(event.currentTarget.value)}
              required
            />
            <TextInput
              label={t("datasets.titleField")}
              value={title}
              onChange={(event) => setTitle(event.currentTarget.value)}
              required
            />
            <Select
              label={t("datasets.kind")}
              data={OPENED.map((each) => ({ value: each, label: t(`datasets.kinds.${each}`) }))}
              value={kind}
              onChange={(value) => setKind(OPENED.find((each) => each === value) ?? "training")}
              allowDeselect={false}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={act.isPending}>
                {t("datasets.open")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
