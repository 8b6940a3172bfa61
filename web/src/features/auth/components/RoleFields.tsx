import { NativeSelect, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import type { Role, RoleGrant } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";

const ROLES: Role[] = ["lead", "staff", "admin", "auditor"];

/** One role and where it holds. */
export function RoleFields({ value, onChange }: { value: RoleGrant; onChange: (value: RoleGrant) => void }) {
  const { t } = useTranslation();
  const label = useLabels();
  const departments = useDepartmentChoices();
  return (
    <>
      <NativeSelect
        label={t("auth.role")}
        description={t("auth.roleHint")}
        value={value.role}
        onChange={(event) => onChange({ ...value, role: event.currentTarget.value as Role })}
        data={ROLES.map((role) => ({ value: role, label: label("role", role) }))}
      />
      <Select
        label={t("common.department")}
        placeholder={t("auth.everywhere")}
        value={value.department ?? null}
        onChange={(department) => onChange({ ...value, department })}
        data={departments}
        clearable
        clearButtonProps={{ "aria-label": t("auth.everywhere") }}
      />
    </>
  );
}
