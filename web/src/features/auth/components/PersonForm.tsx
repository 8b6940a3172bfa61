import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RoleGrant } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { useAddPerson } from "../api";
import { RoleFields } from "./RoleFields";

export function PersonForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const add = useAddPerson(t("auth.personAdded"));
  const [role, setRole] = useState<RoleGrant>({ role: "lead", department: null });
  const form = useForm({ initialValues: { display_name: "", username: "", password: "" } });
  return (
    <form
      onSubmit={form.onSubmit((values) =>
        add.mutate({ ...values, password: values.password || null, roles: [role] }, { onSuccess: onDone }),
      )}
    >
      <Stack>
        {add.isError && <ErrorBox error={add.error} />}
        <TextInput
          label={t("common.name")}
          required
          maxLength={128}
          data-autofocus
          {...form.getInputProps("display_name")}
        />
        <TextInput
          label={t("auth.username")}
          description={t("auth.usernameHint")}
          required
          pattern="[a-z0-9]([a-z0-9._\-]{0,61}[a-z0-9])?"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label={t("auth.firstPassword")}
          description={t("auth.firstPasswordHint")}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword") }}
          {...form.getInputProps("password")}
        />
        <RoleFields value={role} onChange={setRole} />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t("auth.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
