import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "../../../components/DataTable";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { rolesQuery } from "../api";

/** The one table of rights: what is not marked here is denied. */
export function Roles() {
  const { t } = useTranslation();
  const label = useLabels();
  const formats = useFormats();
  const roles = useQuery(rolesQuery);
  return (
    <QueryView query={roles}>
      {(found) => {
        const rights = [...new Set(found.flatMap(({ permissions }) => permissions))].sort();
        const columns: Column<(typeof rights)[number]>[] = [
          {
            key: "right",
            header: t("auth.right"),
            render: (right) => (
              <>
                {label("auth.rights", right)} <code>{right}</code>
              </>
            ),
          },
          ...found.map(({ role, permissions, people }) => ({
            key: role,
            header: `${label("role", role)} (${formats.number(people)})`,
            render: (right: (typeof rights)[number]) =>
              permissions.includes(right) ? <IconCheck size={16} aria-label={t("auth.yes")} /> : "–",
          })),
        ];
        return (
          <DataTable
            caption={t("auth.roles")}
            columns={columns}
            rows={rights}
            rowKey={(right) => right}
            wide
          />
        );
      }}
    </QueryView>
  );
}
