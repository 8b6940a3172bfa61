import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { departmentsQuery } from "../../../api/departments";
import { useMay } from "../../../api/session";
import type { Department } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { useAddDepartment } from "../api";
import { ChangeDepartment } from "./ChangeDepartment";

export function Departments() {
  const { t } = useTranslation();
  const manage = useMay()("people.manage");
  const departments = useQuery(departmentsQuery);
  const formats = useFormats();
  const [changing, setChanging] = useState<Department | null>(null);
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <Stack gap="sm">
      {manage && (
        <Group>
          <Button onClick={open}>{t("auth.newDepartment")}</Button>
        </Group>
      )}
      <QueryView query={departments} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("auth.noDepartments")} hint={t("auth.noDepartmentsHint")} />
          ) : (
            <DataTable
              caption={t("auth.departments")}
              rows={items}
              rowKey={(each) => each.id}
              columns={[
                { key: "title", header: t("common.title"), render: (each) => each.title },
                { key: "key", header: t("auth.departmentKey"), render: (each) => <code>{each.key}</code> },
                {
                  key: "quota",
                  header: t("auth.storage"),
                  numeric: true,
                  render: (each) =>
                    each.quota_bytes === null ? t("auth.houseLimit") : formats.bytes(each.quota_bytes),
                },
                {
                  key: "change",
                  header: t("common.actions"),
                  render: (each) =>
                    manage && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={t("auth.changeWho", { name: each.title })}
                        onClick={() => setChanging(each)}
                      >
                        {t("auth.change")}
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </QueryView>
      <Modal
        opened={opened}
        onClose={close}
        title={t("auth.newDepartment")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <DepartmentForm key={String(opened)} onDone={close} />
      </Modal>
      <Modal
        opened={changing !== null}
        onClose={() => setChanging(null)}
        title={t("auth.changeWho", { name: changing?.title ?? "" })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {changing && (
          <ChangeDepartment key={changing.key} department={changing} onDone={() => setChanging(null)} />
        )}
      </Modal>
    </Stack>
  );
}

function DepartmentForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const add = useAddDepartment(t("auth.departmentAdded"));
  const form = useForm({ initialValues: { title: "", key: "" } });
  return (
    <form onSubmit={form.onSubmit((values) => add.mutate(values, { onSuccess: onDone }))}>
      <Stack>
        {add.isError && <ErrorBox error={add.error} />}
        <TextInput
          label={t("common.title")}
          required
          maxLength={128}
          data-autofocus
          {...form.getInputProps("title")}
        />
        <TextInput
          label={t("auth.departmentKey")}
          description={t("auth.departmentKeyHint")}
          required
          pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("key")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t("auth.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
