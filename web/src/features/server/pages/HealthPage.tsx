import { Button, Code, Stack } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { healthQuery } from "../api";

/** The same lines that `aird doctor` prints. */
export function HealthPage(): ReactNode {
  const { t } = useTranslation();
  const said = useSaid();
  const label = useLabels();
  const health = useQuery(healthQuery);
  return (
    <Stack>
      <PageHeader
        title={t("health.health")}
        term={t("health.healthTerm")}
        description={t("health.hint")}
        actions={
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={health.isFetching}
            onClick={() => void health.refetch()}
          >
            {t("health.again")}
          </Button>
        }
      />
      <QueryView query={health}>
        {({ items }) => (
          <DataTable
            caption={t("health.health")}
            rows={items}
            rowKey={(line) => line.check}
            columns={[
              {
                key: "check",
                header: t("health.check"),
                render: (line) => label("health.checks", line.check),
              },
              {
                key: "state",
                header: t("common.state"),
                render: (l) => <StateBadge of="health" state={l.state} />,
              },
              { key: "detail", header: t("health.detail"), render: (line) => said(line.detail) },
              {
                key: "fix",
                header: t("health.fix"),
                render: (line) => (line.fix ? <Code>{said(line.fix)}</Code> : "–"),
              },
            ]}
          />
        )}
      </QueryView>
    </Stack>
  );
}
