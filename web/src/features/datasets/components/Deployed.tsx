import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { deployedQuery } from "../api";

/** Which versions that answer now contain the snapshot, and what takes it out of each. */
export function Deployed({ digest }: { digest: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const deployed = useQuery(deployedQuery(digest));
  return (
    <QueryView query={deployed}>
      {(found) => (
        <Stack gap="sm">
          <Text size="sm">
            {t("datasets.contained", {
              total: formats.number(found.total),
              deployed: formats.number(found.deployed.length + found.hidden),
              hidden: formats.number(found.hidden),
            })}
          </Text>
          {found.deployed.length > 0 && (
            <DataTable
              caption={t("datasets.deployed")}
              rows={found.deployed}
              rowKey={(row) => `${row.endpoint} ${row.version}`}
              columns={[
                {
                  key: "endpoint",
                  header: t("requests.endpoint"),
                  render: (row) => <EndpointLink value={row.endpoint} />,
                },
                {
                  key: "version",
                  header: t("requests.version"),
                  render: (row) => <VersionLink value={row.version} />,
                },
                {
                  key: "remedy",
                  header: t("datasets.remedy"),
                  render: (row) => t(`datasets.remedies.${row.remedy}`, { without: row.without.join(", ") }),
                },
              ]}
            />
          )}
        </Stack>
      )}
    </QueryView>
  );
}
