import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Dataset, DatasetVersion } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { PageLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { datasetQuery, datasetVersionsQuery } from "../api";
import { ImportDialog } from "../components/ImportDialog";
import { TermsSection } from "../components/TermsSection";
import { VerdictBadge } from "../components/VerdictBadge";
import { VersionView } from "../components/VersionView";

const route = getRouteApi("/shell/datasets/$department/$name");

export function DatasetPage(): ReactNode {
  const { department, name } = route.useParams();
  const dataset = useQuery(datasetQuery({ department, dataset: name }));
  return (
    <QueryView query={dataset} heading={`${department}/${name}`}>
      {(found) => <Found dataset={found} />}
    </QueryView>
  );
}

function Found({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const may = useMay();
  const said = useSaid();
  const { department, name } = route.useParams();
  const versions = useQuery(datasetVersionsQuery({ department, dataset: name }));
  const feedback = dataset.kind === "feedback";
  const upload = may("dataset.write", dataset.department) && dataset.kind !== "feedback" && (
    <ImportDialog dataset={dataset} />
  );
  return (
    <Stack>
      <PageHeader
        title={said(dataset.title)}
        term={dataset.name}
        description={
          <>
            <Text size="sm">{t(`datasets.kinds.${dataset.kind}`)}</Text>
            {dataset.card && (
              <Text size="sm" lineClamp={6} style={{ whiteSpace: "pre-wrap" }}>
                {dataset.card.replace(/^# .*\n+/, "")}
              </Text>
            )}
          </>
        }
        actions={
          <>
            {upload}
            <CopyAs
              what={dataset.name}
              cli={`aird datasets report ${dataset.name}@1`}
              python={`dataset = client.datasets.get("${dataset.name}")`}
              api={`/api/v1/datasets/${dataset.name}`}
              yaml={dataset}
            />
          </>
        }
      />
      <TermsSection key={JSON.stringify([dataset.consent, dataset.license])} dataset={dataset} />
      <QueryView query={versions}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t(feedback ? "datasets.noFeedback" : "datasets.noVersions")}
              hint={t(feedback ? "datasets.noFeedbackHint" : "datasets.noVersionsHint")}
              action={upload}
            />
          ) : (
            <Versions versions={items} department={department} name={name} />
          )
        }
      </QueryView>
    </Stack>
  );
}

function Versions({
  versions,
  department,
  name,
}: {
  versions: DatasetVersion[];
  department: string;
  name: string;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { version: wanted } = route.useSearch();
  const shown = versions.find((each) => each.number === wanted) ?? versions[0];
  return (
    <>
      <Section title={t("datasets.versions")}>
        <DataTable
          caption={t("datasets.versions")}
          rows={versions}
          rowKey={(row) => row.number}
          columns={[
            {
              key: "ref",
              header: t("datasets.version"),
              render: (row) => (
                <PageLink
                  to="/datasets/$department/$name"
                  params={{ department, name }}
                  search={{ version: row.number }}
                  aria-current={row.number === shown?.number ? "true" : undefined}
                  fw={row.number === shown?.number ? 700 : undefined}
                >
                  @{row.number}
                </PageLink>
              ),
            },
            {
              key: "items",
              header: t("datasets.items"),
              numeric: true,
              render: (row) => formats.number(row.items),
            },
            {
              key: "format",
              header: t("datasets.format"),
              render: (row) => t(`datasets.formats.${row.format}`),
            },
            { key: "report", header: t("datasets.report"), render: (row) => <VerdictBadge version={row} /> },
            { key: "by", header: t("datasets.filedBy"), render: (row) => row.created_by ?? "–" },
            { key: "filed", header: t("datasets.filed"), render: (row) => <Since at={row.created_at} /> },
          ]}
        />
      </Section>
      {shown && <VersionView key={shown.number} version={shown} />}
    </>
  );
}
