import { Badge, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RoleGrant } from "../../../api/types";
import { Department } from "../../../components/Department";
import { useLabels } from "../../../lib/useLabels";

/** Roles with where they hold. */
export function RoleList({ roles }: { roles: RoleGrant[] }) {
  const { t } = useTranslation();
  const label = useLabels();
  if (roles.length === 0) return <>{t("auth.noRoles")}</>;
  return (
    <Group gap={6}>
      {roles.map(({ role, department }) => (
        <Badge
          key={`${role} ${department}`}
          variant="default"
          fw={500}
          maw="100%"
          styles={{ root: { height: "auto" }, label: { whiteSpace: "normal" } }}
        >
          {label("role", role)} · {department ? <Department of={department} /> : t("auth.everywhere")}
        </Badge>
      ))}
    </Group>
  );
}
