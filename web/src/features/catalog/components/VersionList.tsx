import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { versionsQuery } from "../api";
import { TopSkills } from "./TopSkills";

interface Props {
  department: string;
  model: string;
  /** The version on show. */
  number: number;
}

export function VersionList({ department, model, number }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const versions = useQuery(versionsQuery(department, model));
  return (
    <QueryView query={versions} lines={3}>
      {({ items }) => (
        <DataTable
          caption={t("catalog.versions")}
          rows={items}
          rowKey={(version) => version.version}
          columns={[
            {
              key: "number",
              header: t("catalog.version"),
              render: (version) => (
                <PageLink
                  to="/models/$department/$model"
                  params={{ department, model }}
                  search={{ version: version.version }}
                  aria-current={version.version === number ? "true" : undefined}
                  fw={version.version === number ? 700 : undefined}
                >
                  v{version.version}
                  {version.version === number && ` (${t("catalog.shownNow")})`}
                </PageLink>
              ),
            },
            {
              key: "state",
              header: t("common.state"),
              render: (v) => <StateBadge of="version" state={v.state} />,
            },
            {
              key: "kind",
              header: t("common.kind"),
              render: (version) => label("kind.version", version.kind),
            },
            { key: "skills", header: t("catalog.topSkills"), render: (v) => <TopSkills skills={v.skills} /> },
            { key: "size", header: t("catalog.size"), numeric: true, render: (v) => formats.bytes(v.bytes) },
            {
              key: "at",
              header: t("catalog.joined"),
              render: (version) => <Since at={version.created_at} />,
            },
            { key: "by", header: t("common.by"), render: (version) => version.created_by },
          ]}
        />
      )}
    </QueryView>
  );
}
