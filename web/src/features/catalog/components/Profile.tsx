import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { FileList } from "./FileList";

export function Profile({ version }: { version: Version }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const facts = Object.entries(version.facts)
    .filter(([, value]) => typeof value !== "object")
    .map(([name, value]): [string, string] => [name, String(value)]);
  return (
    <Stack>
      {version.notes && <Text style={{ whiteSpace: "pre-line" }}>{version.notes}</Text>}
      <Facts
        facts={[
          [t("catalog.reference"), <code key="ref">{version.ref}</code>],
          [t("common.kind"), label("kind.version", version.kind)],
          [t("catalog.base"), version.base && <VersionLink value={version.base} />],
          [t("catalog.parameters"), formats.number(version.parameters)],
          [t("catalog.size"), formats.bytes(version.bytes)],
          [t("catalog.license"), version.license],
          [t("catalog.joined"), formats.date(version.created_at)],
          [t("common.by"), version.created_by],
          [t("common.digest"), <Digest key="digest" value={version.digest} />],
          ...facts,
        ]}
      />
      <FileList files={version.files} />
    </Stack>
  );
}
