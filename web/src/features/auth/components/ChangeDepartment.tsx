import { Button, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Department } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { useChangeDepartment } from "../api";

const GIB = 2 ** 30;

/** Another title, and how much its models may take. */
export function ChangeDepartment({ department, onDone }: { department: Department; onDone: () => void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(department.title);
  const [quota, setQuota] = useState<number | string>(
    department.quota_bytes === null ? "" : department.quota_bytes / GIB,
  );
  const change = useChangeDepartment(t("auth.changed"));
  function save(event: FormEvent) {
    event.preventDefault();
    const quota_bytes = quota === "" ? null : Math.round(Number(quota) * GIB);
    change.mutate({ key: department.key, title, quota_bytes }, { onSuccess: onDone });
  }
  return (
    <form onSubmit={save}>
      <Stack>
        {change.isError && <ErrorBox error={change.error} />}
        <TextInput
          label={t("common.title")}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          required
          maxLength={128}
          data-autofocus
        />
        <NumberInput
          label={t("auth.storageGib")}
          description={t("auth.storageHint")}
          value={quota}
          onChange={setQuota}
          min={0}
          max={2 ** 30}
          decimalScale={3}
          hideControls
        />
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending}>
            {t("auth.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
