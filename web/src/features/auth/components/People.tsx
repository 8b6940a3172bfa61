import { Button, Group, Modal, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Person } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { QueryView } from "../../../components/QueryView";
import { SecretOnce } from "../../../components/SecretOnce";
import { peopleQuery, useLoginLink } from "../api";
import { ChangePerson } from "./ChangePerson";
import { PersonForm } from "./PersonForm";
import { RoleForm } from "./RoleForm";
import { RoleList } from "./RoleList";

/** People with their roles; new people, more roles, login links. */
export function People() {
  const { t } = useTranslation();
  const manage = useMay()("people.manage");
  const people = useQuery(peopleQuery);
  const link = useLoginLink();
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<string | null>(null);
  const changed = people.data?.items.find(({ username }) => username === changing);
  const [promoting, setPromoting] = useState<Person | null>(null);

  const columns: Column<Person>[] = [
    { key: "name", header: t("common.name"), render: (person) => person.display_name },
    { key: "username", header: t("auth.username"), render: (person) => <code>{person.username}</code> },
    { key: "roles", header: t("auth.roles"), render: (person) => <RoleList roles={person.roles} /> },
    {
      key: "active",
      header: t("common.state"),
      render: (person) => t(person.active ? "auth.active" : "auth.inactive"),
    },
  ];
  if (manage) {
    columns.push({
      key: "actions",
      header: t("common.actions"),
      render: (person) => (
        <Group gap={6}>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t("auth.giveRoleTo", { name: person.display_name })}
            onClick={() => setPromoting(person)}
          >
            {t("auth.giveRole")}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t("auth.changeWho", { name: person.display_name })}
            onClick={() => setChanging(person.username)}
          >
            {t("auth.change")}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t("auth.loginLinkFor", { name: person.display_name })}
            loading={link.isPending && link.variables === person.username}
            onClick={() => link.mutate(person.username)}
          >
            {t("auth.loginLink")}
          </Button>
        </Group>
      ),
    });
  }

  const close = { closeButtonProps: { "aria-label": t("common.close") } };
  return (
    <Stack gap="sm">
      {manage && (
        <Group>
          <Button onClick={() => setAdding(true)}>{t("auth.newPerson")}</Button>
        </Group>
      )}
      {link.data && <SecretOnce secret={link.data.url} what={t("auth.loginLink")} />}
      <QueryView query={people}>
        {({ items }) => (
          <DataTable
            caption={t("auth.people")}
            columns={columns}
            rows={items}
            rowKey={(person) => person.id}
          />
        )}
      </QueryView>
      <Modal opened={adding} onClose={() => setAdding(false)} title={t("auth.newPerson")} {...close}>
        <PersonForm onDone={() => setAdding(false)} />
      </Modal>
      <Modal
        opened={changed !== undefined}
        onClose={() => setChanging(null)}
        title={t("auth.changeWho", { name: changed?.display_name ?? "" })}
        {...close}
      >
        {changed && <ChangePerson key={changed.username} person={changed} />}
      </Modal>
      <Modal
        opened={promoting !== null}
        onClose={() => setPromoting(null)}
        title={t("auth.giveRoleTo", { name: promoting?.display_name ?? "" })}
        {...close}
      >
        {promoting && <RoleForm username={promoting.username} onDone={() => setPromoting(null)} />}
      </Modal>
    </Stack>
  );
}
