import { Button, Group, NativeSelect, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay } from "../../../api/session";
import { ErrorBox } from "../../../components/ErrorBox";
import { SecretOnce } from "../../../components/SecretOnce";
import { peopleQuery, useCreateToken } from "../api";

interface Values {
  name: string;
  kind: "user" | "key";
  days: number;
  department: string | null;
  person: string | null;
}

/** Creates a token and shows it this once. */
export function TokenForm({ forOthers, onDone }: { forOthers: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const departments = useDepartmentChoices();
  const people = useQuery({ ...peopleQuery, enabled: forOthers });
  const create = useCreateToken();
  const form = useForm<Values>({
    initialValues: { name: "", kind: "user", days: 90, department: null, person: null },
    validate: {
      department: (value, { kind }) => (kind === "key" && !value ? t("auth.keyNeedsDepartment") : null),
    },
  });
  const kinds = may("key.manage") ? (["user", "key"] as const) : (["user"] as const);

  if (create.data) {
    return (
      <Stack>
        <SecretOnce secret={create.data.token} what={t("auth.token")} />
        <Group justify="flex-end">
          <Button onClick={onDone}>{t("common.done")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        {create.isError && <ErrorBox error={create.error} />}
        <TextInput
          label={t("auth.tokenName")}
          description={t("auth.tokenNameHint")}
          required
          maxLength={128}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <NativeSelect
          label={t("common.kind")}
          description={t("auth.tokenKindHint")}
          data={kinds.map((kind) => ({ value: kind, label: t(`auth.tokenKind.${kind}`) }))}
          {...form.getInputProps("kind")}
        />
        {form.values.kind === "key" && (
          <Select
            label={t("common.department")}
            data={departments}
            required
            {...form.getInputProps("department")}
          />
        )}
        {forOthers && (
          <Select
            label={t("auth.person")}
            placeholder={t("auth.myself")}
            data={(people.data?.items ?? []).map((each) => ({
              value: each.username,
              label: each.display_name,
            }))}
            searchable
            clearable
            clearButtonProps={{ "aria-label": t("auth.myself") }}
            {...form.getInputProps("person")}
          />
        )}
        <NumberInput
          label={t("auth.validDays")}
          min={1}
          max={3650}
          allowDecimal={false}
          required
          hideControls
          {...form.getInputProps("days")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>
            {t("auth.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
