import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { useWithout } from "../api";

/** The rotation again without some of its parents, as if they had never been there: opens the studio. */
export function TakeOut({ version, parents }: { version: string; parents: string[] }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  const [leaving, setLeaving] = useState<string[]>([]);
  const without = useWithout();
  if (!may("job.run") || parents.length < 2) return null;
  const submit = () =>
    without.mutate(
      { version, without: leaving },
      { onSuccess: ({ yaml }) => void navigate({ to: "/studio/rotation", search: { recipe: yaml } }) },
    );
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {t("rotation.takeOut")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t("rotation.takeOut")}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <Stack>
          <Text size="sm">{t("rotation.takeOutHint")}</Text>
          <Checkbox.Group label={t("rotation.whoLeaves")} value={leaving} onChange={setLeaving}>
            <Stack gap="xs" mt="xs">
              {parents.map((ref) => (
                <Checkbox key={ref} value={ref} label={ref} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button
              disabled={leaving.length === 0 || leaving.length >= parents.length}
              loading={without.isPending}
              onClick={submit}
            >
              {t("rotation.openInStudio")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
