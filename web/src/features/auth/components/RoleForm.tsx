import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RoleGrant } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { useGiveRole } from "../api";
import { RoleFields } from "./RoleFields";

export function RoleForm({ username, onDone }: { username: string; onDone: () => void }) {
  const { t } = useTranslation();
  const give = useGiveRole(t("auth.roleGiven"));
  const [role, setRole] = useState<RoleGrant>({ role: "lead", department: null });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        give.mutate({ username, ...role }, { onSuccess: onDone });
      }}
    >
      <Stack>
        {give.isError && <ErrorBox error={give.error} />}
        <RoleFields value={role} onChange={setRole} />
        <Group justify="flex-end">
          <Button type="submit" loading={give.isPending}>
            {t("auth.giveRole")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
