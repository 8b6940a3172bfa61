import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { PageLink, VersionLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";

/** Adapters that change the same base in nearly the same way: perhaps one of them is enough. */
export function Twins({ version }: { version: Version }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (version.twins.length === 0) return null;
  return (
    <Section title={t("personnel.twins")} term={t("personnel.twinsTerm")}>
      <Text size="sm" c="dimmed">
        {t("personnel.twinsHint")}
      </Text>
      <DataTable
        caption={t("personnel.twins")}
        rows={version.twins}
        rowKey={(twin) => twin.ref}
        columns={[
          { key: "ref", header: t("catalog.version"), render: (twin) => <VersionLink value={twin.ref} /> },
          {
            key: "cosine",
            header: t("personnel.cosine"),
            numeric: true,
            render: (twin) => formats.measure(twin.cosine),
          },
          {
            key: "compare",
            header: t("common.actions"),
            render: (twin) => (
              <PageLink
                from="/models/$department/$model"
                to="/models/$department/$model"
                search={(before) => ({ ...before, tab: "versions", against: twin.ref })}
              >
                {t("personnel.compare")}
              </PageLink>
            ),
          },
        ]}
      />
    </Section>
  );
}
