import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { Digest } from "../../../components/Digest";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { routeQuery } from "../deliveryApi";
import { shareOf } from "./words";

/** Where the callers of an endpoint go right now. */
export function RouteTable({ department, name }: { department: string; name: string }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const route = useQuery(routeQuery(department, name));
  return (
    <QueryView query={route} lines={2}>
      {(found) =>
        found.arms.length === 0 ? (
          <Text size="sm" c="dimmed">
            {said(found.reason)}
          </Text>
        ) : (
          <Stack gap="xs">
            <DataTable
              caption={t("delivery.route")}
              rows={found.arms}
              rowKey={(arm) => arm.number}
              columns={[
                {
                  key: "role",
                  header: t("delivery.roleTitle"),
                  render: (arm) => t(`delivery.role.${arm.role}`),
                },
                {
                  key: "version",
                  header: t("deploy.version"),
                  render: (arm) => <VersionLink value={arm.version} />,
                },
                { key: "digest", header: t("common.digest"), render: (arm) => <Digest value={arm.digest} /> },
                {
                  key: "share",
                  header: t("delivery.share"),
                  numeric: true,
                  render: (arm) =>
                    arm.role === "shadow"
                      ? t("delivery.copies", { share: shareOf(formats, arm.weight) })
                      : shareOf(formats, arm.weight),
                },
                {
                  key: "replicas",
                  header: t("delivery.ready"),
                  numeric: true,
                  render: (arm) => formats.number(arm.replicas),
                },
              ]}
            />
            {found.arms.length > 1 && (
              <Text size="xs" c="dimmed">
                {t(found.by_request ? "delivery.byRequest" : "delivery.byCaller")}
              </Text>
            )}
          </Stack>
        )
      }
    </QueryView>
  );
}
