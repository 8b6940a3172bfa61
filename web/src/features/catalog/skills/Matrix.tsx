import { Button, Group, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { SkillsMatrix } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { Score } from "./ProfileChart";

export const MOST_COMPARED = 3;
export type MatrixRow = SkillsMatrix["rows"][number];

interface Props {
  query: {
    data: { pages: SkillsMatrix[] } | undefined;
    error: Error | null;
    refetch: () => unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => unknown;
  };
  suites: string[];
  /** What stands in a row to lay its version beside others. */
  compare: (row: MatrixRow) => ReactNode;
}

/** Versions against exams: each cell a score with its interval and its number of questions. */
export function Matrix({ query, suites, compare }: Props) {
  const { t } = useTranslation();
  // A phone has no room for columns: each version is a card there, its scores below each other.
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const formats = useFormats();
  const columns: Column<MatrixRow>[] = [
    {
      key: "ref",
      header: t("catalog.version"),
      render: (row) => <VersionLink value={row.ref} title={row.title} />,
    },
    { key: "compare", header: t("skills.compare"), render: compare },
    {
      key: "state",
      header: t("common.state"),
      render: (row) => <StateBadge of="version" state={row.state} />,
    },
    ...suites.map(
      (suite): Column<MatrixRow> => ({
        key: suite,
        header: suite,
        numeric: true,
        render: (row) => <Score skill={row.cells[suite]} />,
      }),
    ),
  ];
  return (
    <QueryView query={query}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.rows);
        if (rows.length === 0) return <Empty />;
        return (
          <Stack gap="sm">
            <DataTable
              caption={t("catalog.matrix")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.ref}
              wide={!phone}
            />
            <Group justify="space-between">
              <Text size="sm" c="dimmed" aria-live="polite">
                {t("common.shown", { number: formats.number(rows.length) })}
              </Text>
              {query.hasNextPage && (
                <Button
                  variant="default"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t("common.more")}
                </Button>
              )}
            </Group>
          </Stack>
        );
      }}
    </QueryView>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("catalog.noSkills")}
      hint={t("catalog.noSkillsHint")}
      action={
        <ButtonLink to="/models" variant="default">
          {t("catalog.directory")}
        </ButtonLink>
      }
    />
  );
}
