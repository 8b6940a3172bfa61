import { Button, Checkbox, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { PagedTable } from "../../../components/PagedTable";
import { useFormats } from "../../../lib/useFormats";
import { findingsQuery, useClean } from "../api";
import { type DatasetPath, FINDINGS, type FindingKind } from "../words";

interface Props {
  path: DatasetPath;
  number: number;
  examined: string;
  counts: Partial<Record<FindingKind, number>>;
}

/** The lines in which something was found, and a version without them. */
export function Findings({ path, number, examined, counts }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const kinds = FINDINGS.filter((kind) => (counts[kind] ?? 0) > 0);
  const [chosen, setKind] = useState<FindingKind | null>(null);
  const [without, setWithout] = useState<FindingKind[]>([]);
  const kind = chosen ?? kinds[0];
  const clean = useClean(path, number, t("datasets.cleaning"));
  if (!kind) return <Text size="sm">{t("datasets.noLines")}</Text>;
  const name = (each: FindingKind) =>
    `${t(`datasets.findings.${each}`)} (${formats.number(counts[each] ?? 0)})`;
  return (
    <Stack>
      <SegmentedControl
        aria-label={t("datasets.findingKind")}
        data={kinds.map((each) => ({ value: each, label: name(each) }))}
        value={kind}
        onChange={(value) => setKind(FINDINGS.find((each) => each === value) ?? kind)}
        style={{ flexWrap: "wrap" }}
      />
      <Lines key={kind} path={path} number={number} examined={examined} kind={kind} />
      {may("dataset.write", path.department) && (
        <Stack gap="xs">
          <Checkbox.Group
            label={t("datasets.cleanWithout")}
            description={t("datasets.cleanHint")}
            value={without}
            onChange={(values) => setWithout(kinds.filter((each) => values.includes(each)))}
          >
            <Group mt="xs">
              {kinds.map((each) => (
                <Checkbox key={each} value={each} label={name(each)} />
              ))}
            </Group>
          </Checkbox.Group>
          <Group>
            <Button
              disabled={without.length === 0}
              loading={clean.isPending}
              onClick={() => clean.mutate(without)}
            >
              {t("datasets.clean")}
            </Button>
          </Group>
        </Stack>
      )}
    </Stack>
  );
}

function Lines({ path, number, examined, kind }: Omit<Props, "counts"> & { kind: FindingKind }) {
  const { t } = useTranslation();
  const lines = useInfiniteQuery(findingsQuery(path, number, examined, kind));
  return (
    <PagedTable
      query={lines}
      caption={t(`datasets.findings.${kind}`)}
      rowKey={(row) => `${row.split}:${row.line} ${row.about}`}
      empty={<Text size="sm">{t("datasets.noLines")}</Text>}
      columns={[
        {
          key: "place",
          header: t("datasets.place"),
          nowrap: true,
          render: (row) => `${row.split}:${row.line}`,
        },
        { key: "about", header: t("datasets.about"), render: (row) => row.about || "–" },
        {
          key: "text",
          header: t("datasets.beginning"),
          render: (row) => row.text || t("datasets.wordsHidden"),
        },
      ]}
    />
  );
}
