import { Alert, Badge, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { DatasetPreview } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { Items } from "./Items";

type FilePreview = DatasetPreview["files"][number];

/** What an upload would become: per file its format, converted items, and what stands in the way. */
export function PreviewView({ preview }: { preview: DatasetPreview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const splits = Object.entries(preview.splits).map(([split, count]) => `${split}: ${formats.number(count)}`);
  const Mark = preview.ready ? IconCircleCheck : IconAlertTriangle;
  return (
    <Stack gap="sm" aria-live="polite">
      <Alert
        color={preview.ready ? "teal" : "orange"}
        icon={<Mark aria-hidden />}
        title={t(preview.ready ? "datasets.ready" : "datasets.notReady")}
      >
        {splits.join(" · ")}
      </Alert>
      {preview.files.map((file) => (
        <FileView key={file.file} file={file} />
      ))}
      {Object.keys(preview.skipped).length > 0 && (
        <Text size="sm" c="dimmed">
          {t("datasets.skipped", { number: formats.number(Object.keys(preview.skipped).length) })}{" "}
          {Object.keys(preview.skipped).slice(0, 8).join(", ")}
        </Text>
      )}
    </Stack>
  );
}

function FileView({ file }: { file: FilePreview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const said = useSaid();
  const refused = file.error ? [...file.refused, file.error] : file.refused;
  const layouts = Object.entries(file.layouts).map(
    ([layout, count]) => `${t(`datasets.layouts.${layout}`, layout)}: ${formats.number(count)}`,
  );
  return (
    <Section title={file.file} term={file.kind}>
      <Group gap="xs">
        {file.format && (
          <Badge variant="light" tt="none" c="var(--mantine-color-text)">
            {t(`datasets.formats.${file.format}`)}
          </Badge>
        )}
        <Text size="sm">{t("datasets.itemCount", { number: formats.number(file.items) })}</Text>
        {layouts.length > 0 && (
          <Text size="sm">
            {t("datasets.convertedFrom")} {layouts.join(", ")}
          </Text>
        )}
        {file.left_out > 0 && (
          <Text size="sm">{t("datasets.leftOut", { number: formats.number(file.left_out) })}</Text>
        )}
      </Group>
      {Object.keys(file.dropped).length > 0 && (
        <Text size="sm">
          {t("datasets.dropped")} <Code>{Object.keys(file.dropped).join(", ")}</Code>
        </Text>
      )}
      {refused.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            {t("datasets.refusedRows", { number: formats.number(file.refused_rows + (file.error ? 1 : 0)) })}
          </Text>
          <DataTable
            caption={t("datasets.refusedIn", { file: file.file })}
            rows={refused.map((row, index) => ({ ...row, key: index }))}
            rowKey={(row) => row.key}
            columns={[
              { key: "line", header: t("datasets.line"), render: (row) => row.line || "–" },
              { key: "why", header: t("datasets.why"), render: (row) => said(row.message) },
            ]}
          />
        </>
      )}
      <Items items={file.converted} />
    </Section>
  );
}
