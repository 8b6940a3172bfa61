import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../../../api/session";
import { ErrorBox } from "../../../components/ErrorBox";
import { Facts } from "../../../components/Facts";
import { LanguageChoice } from "../../../components/LanguageChoice";
import { PageHeader } from "../../../components/PageHeader";
import { Section } from "../../../components/Section";
import { useChangePassword } from "../api";
import { RoleList } from "../components/RoleList";
import { Tokens } from "../components/Tokens";

export function AccountPage(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <Stack>
      <PageHeader title={t("auth.account")} term={t("auth.accountTerm")} />
      <Section title={me.person.display_name}>
        <Facts
          facts={[
            [t("auth.username"), me.person.username],
            [t("auth.roles"), <RoleList key="roles" roles={me.roles} />],
          ]}
        />
        <Group>
          <LanguageChoice />
        </Group>
      </Section>
      <Section title={t("auth.tokens")} term={t("auth.tokensTerm")}>
        <Tokens own={me.person.username} />
      </Section>
      <Section title={t("auth.changePassword")}>
        <PasswordForm />
      </Section>
    </Stack>
  );
}

function PasswordForm() {
  const { t } = useTranslation();
  const change = useChangePassword(t("auth.passwordChanged"));
  const form = useForm({
    initialValues: { old: "", new: "", again: "" },
    validate: { again: (value, all) => (value === all.new ? null : t("auth.passwordsDiffer")) },
  });
  const toggle = { visibilityToggleButtonProps: { "aria-label": t("auth.showPassword") } };
  return (
    <form
      onSubmit={form.onSubmit((values) =>
        change.mutate({ old: values.old, new: values.new }, { onSuccess: () => form.reset() }),
      )}
    >
      <Stack maw={420}>
        {change.isError && <ErrorBox error={change.error} />}
        <PasswordInput
          label={t("auth.oldPassword")}
          autoComplete="current-password"
          required
          {...toggle}
          {...form.getInputProps("old")}
        />
        <PasswordInput
          label={t("auth.newPassword")}
          description={t("auth.passwordHint")}
          autoComplete="new-password"
          required
          minLength={12}
          {...toggle}
          {...form.getInputProps("new")}
        />
        <PasswordInput
          label={t("auth.newPasswordAgain")}
          autoComplete="new-password"
          required
          {...toggle}
          {...form.getInputProps("again")}
        />
        <Group>
          <Button type="submit" loading={change.isPending}>
            {t("auth.changePassword")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
