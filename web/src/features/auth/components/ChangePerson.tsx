import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";
import { useChangePerson, useTakeRole } from "../api";

/** Another name, roles taken back, the account closed or opened again. */
export function ChangePerson({ person }: { person: Person }) {
  const { t } = useTranslation();
  const label = useLabels();
  const { username } = person;
  const [name, setName] = useState(person.display_name);
  const change = useChangePerson(t("auth.changed"));
  const take = useTakeRole(t("auth.roleTaken"));
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ username, display_name: name });
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={t("common.name")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            maxLength={128}
            flex={1}
          />
          <Button type="submit" variant="default" loading={change.isPending}>
            {t("auth.rename")}
          </Button>
        </Group>
      </form>
      <Stack gap={6} role="group" aria-label={t("auth.roles")}>
        <Text size="sm" fw={600}>
          {t("auth.roles")}
        </Text>
        {person.roles.length === 0 && <Text size="sm">{t("auth.noRoles")}</Text>}
        {person.roles.map((each) => {
          const what = `${label("role", each.role)} · ${each.department ?? t("auth.everywhere")}`;
          return (
            <Group key={what} justify="space-between">
              <Text size="sm">{what}</Text>
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t("auth.takeRoleWhich", { role: what })}
                onClick={() => take.mutate({ username, ...each })}
              >
                {t("auth.takeRole")}
              </Button>
            </Group>
          );
        })}
      </Stack>
      <Text size="sm">{t(person.active ? "auth.closeHint" : "auth.reopenHint")}</Text>
      <Group justify="flex-end">
        <Button
          color={person.active ? "red" : "teal"}
          variant="light"
          onClick={() => change.mutate({ username, active: !person.active })}
        >
          {t(person.active ? "auth.close" : "auth.reopen")}
        </Button>
      </Group>
    </Stack>
  );
}
