import { Alert, List, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { DatasetVersion, QualityReportRead } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { ReasonButton } from "../../../components/ReasonButton";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { usePermit } from "../api";
import { pathOf } from "../words";

interface Props {
  version: DatasetVersion;
  found: QualityReportRead;
}

/** Splits that near questions alone block, with a person's word that they may be learnt from, and whose word it was. */
export function NearLeaks({ version, found }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      {!version.erased &&
        found.may_permit.map((split) => (
          <Blocked key={split} version={version} split={split} report={found.report} />
        ))}
      {found.permits.length > 0 && (
        <DataTable
          caption={t("datasets.permits")}
          rows={found.permits}
          rowKey={(row) => `${row.split} ${row.exam}`}
          columns={[
            { key: "split", header: t("datasets.permits"), render: (row) => row.split },
            { key: "exam", header: t("datasets.exam"), render: (row) => row.exam },
            {
              key: "items",
              header: t("datasets.permittedUpTo"),
              numeric: true,
              render: (row) => formats.number(row.items),
            },
            { key: "by", header: t("datasets.permittedBy"), render: (row) => row.by },
            { key: "at", header: t("datasets.permittedAt"), render: (row) => <Since at={row.at} /> },
            { key: "reason", header: t("common.reason"), render: (row) => row.reason },
          ]}
        />
      )}
    </>
  );
}

function Blocked({
  version,
  split,
  report,
}: {
  version: DatasetVersion;
  split: string;
  report: QualityReportRead["report"];
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay()("dataset.write", pathOf(version.name).department);
  const permit = usePermit(pathOf(version.name), version.number, split, t("datasets.permittedDone"));
  const near = report.leaks.filter((leak) => leak.split === split && leak.near > 0);
  return (
    <Alert color="red" icon={<IconLock aria-hidden />} title={t("datasets.nearBlocked", { split })}>
      <Stack gap="xs" align="flex-start">
        <List size="sm">
          {near.map((leak) => (
            <List.Item key={leak.exam}>
              {t("datasets.nearOfExam", { items: formats.number(leak.near), exam: leak.exam })}
            </List.Item>
          ))}
        </List>
        <Text size="sm">{t(may ? "datasets.nearWhatToDo" : "datasets.nearWhoMay")}</Text>
        {may && (
          <ReasonButton
            size="xs"
            color="red"
            label={t("datasets.permit", { split })}
            explanation={t("datasets.permitHint", { split, ref: version.ref })}
            onConfirm={(reason) => permit.mutateAsync(reason)}
          />
        )}
      </Stack>
    </Alert>
  );
}
