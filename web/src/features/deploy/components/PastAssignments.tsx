import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { assignmentsQuery } from "../api";

/** Where versions of this model worked before; nothing while there is no such place. */
export function PastAssignments({ name }: { name: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const found = useQuery(assignmentsQuery(name));
  const past = (found.data?.items ?? []).filter((each) => each.until);
  if (past.length === 0) return null;
  return (
    <>
      <Text component="h3" size="sm" fw={600} mt="md" mb={4}>
        {t("deploy.worked")}
      </Text>
      <DataTable
        caption={t("deploy.worked")}
        rows={past}
        rowKey={(each) => `${each.endpoint} ${each.since}`}
        columns={[
          {
            key: "endpoint",
            header: t("deploy.endpoint"),
            render: (each) => <EndpointLink value={each.endpoint} />,
          },
          {
            key: "version",
            header: t("deploy.version"),
            render: (each) => <VersionLink value={each.version} />,
          },
          {
            key: "since",
            header: t("deploy.from"),
            nowrap: true,
            render: (each) => formats.date(each.since),
          },
          {
            key: "until",
            header: t("deploy.until"),
            nowrap: true,
            render: (each) => formats.date(each.until ?? each.since),
          },
        ]}
      />
    </>
  );
}
