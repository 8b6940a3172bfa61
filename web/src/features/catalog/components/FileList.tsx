import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Digest } from "../../../components/Digest";
import { useFormats } from "../../../lib/useFormats";

/** The files of a version, folded away: few people need them. */
export function FileList({ files }: { files: Version["files"] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (files.length === 0) return null;
  return (
    <details>
      <summary>{t("catalog.files", { number: formats.number(files.length) })}</summary>
      <DataTable
        caption={t("catalog.filesCaption")}
        rows={files}
        rowKey={(file) => file.path}
        columns={[
          { key: "path", header: t("common.name"), render: (file) => <code>{file.path}</code> },
          {
            key: "size",
            header: t("catalog.size"),
            numeric: true,
            render: (file) => formats.bytes(file.size),
          },
          { key: "digest", header: t("common.digest"), render: (file) => <Digest value={file.digest} /> },
        ]}
      />
    </details>
  );
}
