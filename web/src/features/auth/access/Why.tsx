import { Alert, Autocomplete, List, NativeSelect, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconLock, IconLockOpen } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay, useMe } from "../../../api/session";
import type { AccessExplained, Permission } from "../../../api/types";
import { QueryView } from "../../../components/QueryView";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { explainQuery, peopleQuery, rolesQuery } from "../api";
import { RoleList } from "../components/RoleList";

export interface Question {
  permission?: Permission;
  department?: string;
  person?: string;
  model?: string;
}

interface Props {
  asked: Question;
  onAsk: (changed: Question) => void;
}

/** Why can I (not): one right, in one department, of one person; and what decides it. */
export function Why({ asked, onAsk }: Props) {
  const { t } = useTranslation();
  const label = useLabels();
  const me = useMe();
  const may = useMay();
  const departments = useDepartmentChoices();
  const people = useQuery(peopleQuery);
  const roles = useQuery(rolesQuery);
  const ofOthers = may("people.manage") || may("audit.read");
  const rights = [...new Set(roles.data?.flatMap(({ permissions }) => permissions) ?? [])].sort();
  const permission = asked.permission ?? "model.read";
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: ofOthers ? 4 : 3 }}>
        {ofOthers && (
          <Autocomplete
            label={t("auth.person")}
            data={people.data?.items.map(({ username }) => username) ?? []}
            defaultValue={asked.person ?? me.person.username}
            onOptionSubmit={(person) => onAsk({ person })}
            onBlur={(event) => onAsk({ person: event.currentTarget.value || undefined })}
          />
        )}
        <NativeSelect
          label={t("auth.right")}
          value={permission}
          data={rights.map((each) => ({ value: each, label: label("auth.rights", each) }))}
          onChange={(event) => onAsk({ permission: event.currentTarget.value as Permission })}
        />
        <NativeSelect
          label={t("common.department")}
          value={asked.department ?? ""}
          data={[{ value: "", label: t("auth.everywhere") }, ...departments]}
          onChange={(event) => onAsk({ department: event.currentTarget.value || undefined })}
        />
        <TextInput
          label={t("auth.aboutModel")}
          placeholder="support/assistant"
          defaultValue={asked.model ?? ""}
          onBlur={(event) => onAsk({ model: event.currentTarget.value.trim() || undefined })}
        />
      </SimpleGrid>
      <Answer asked={{ ...asked, permission }} />
    </Stack>
  );
}

function Answer({ asked }: { asked: Question & { permission: Permission } }) {
  const answer = useQuery(explainQuery(asked));
  return <QueryView query={answer}>{(found) => <Explained found={found} />}</QueryView>;
}

function Explained({ found }: { found: AccessExplained }) {
  const { t } = useTranslation();
  const label = useLabels();
  const said = useSaid();
  const Mark = found.allowed ? IconLockOpen : IconLock;
  const names = {
    person: found.person,
    right: label("auth.rights", found.permission),
    department: found.department ?? t("auth.everywhere"),
  };
  return (
    <Alert
      color={found.allowed ? "teal" : "orange"}
      icon={<Mark aria-hidden />}
      title={t(found.allowed ? "auth.may" : "auth.mayNot", names)}
      role="status"
    >
      <Stack gap="xs">
        <Text size="sm">{label("auth.because", found.reason)}</Text>
        {found.given_by.length > 0 && <RoleList roles={found.given_by} />}
        {found.elsewhere.length > 0 && (
          <Text size="sm">{t("auth.elsewhere", { departments: found.elsewhere.join(", ") })}</Text>
        )}
        {found.lines.length > 0 && (
          <List size="sm">
            {found.lines.map((line) => (
              <List.Item key={line.code}>
                {label("auth.lines", line.code)}: {t(line.allowed ? "auth.yes" : "auth.no")} ·{" "}
                {said(line.detail)}
              </List.Item>
            ))}
          </List>
        )}
        {!found.allowed && (
          <Text size="sm">
            {t("auth.whatHelps", {
              roles: found.roles_that_give.map((role) => label("role", role)).join(", "),
              admins: found.admins.join(", ") || "–",
            })}
          </Text>
        )}
      </Stack>
    </Alert>
  );
}
