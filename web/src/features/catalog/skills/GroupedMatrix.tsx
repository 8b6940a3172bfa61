import { Button, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { GroupedSkills } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { groupedQuery } from "./api";
import { Score } from "./ProfileChart";

type Row = GroupedSkills["rows"][number];

interface Props {
  by: "skill" | "slot";
  department: string | undefined;
  every: boolean;
}

/** Versions against skills or slots: each cell the mean over the exams it takes together, and the worst of them. */
export function GroupedMatrix({ by, department, every }: Props) {
  const { t } = useTranslation();
  // A phone has no room for columns: each version is a card there, its scores below each other.
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const query = useInfiniteQuery(groupedQuery(by, { department, every }));
  return (
    <QueryView query={query}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.rows);
        const groups = new Map(pages.flatMap((page) => page.groups).map((group) => [group.key, group]));
        if (rows.length === 0) {
          return <EmptyState title={t("catalog.noSkills")} hint={t("catalog.noSkillsHint")} />;
        }
        const columns: Column<Row>[] = [
          {
            key: "ref",
            header: t("catalog.version"),
            render: (row) => <VersionLink value={row.ref} title={row.title} />,
          },
          {
            key: "state",
            header: t("common.state"),
            render: (row) => <StateBadge of="version" state={row.state} />,
          },
          ...[...groups.values()].map(
            (group): Column<Row> => ({
              key: group.key,
              header: heading(group, t(`exams.slot.${group.slot}`)),
              numeric: true,
              render: (row) => <Cell cell={row.cells[group.key]} />,
            }),
          ),
        ];
        return (
          <Stack gap="sm">
            <DataTable
              caption={t("catalog.matrix")}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.ref}
              wide={!phone}
            />
            {query.hasNextPage && (
              <Button
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {t("common.more")}
              </Button>
            )}
          </Stack>
        );
      }}
    </QueryView>
  );
}

function heading(group: GroupedSkills["groups"][number], slot: string): string {
  if (group.skill === null) return slot;
  return group.slot === "skill" ? group.skill : `${slot}: ${group.skill}`;
}

function Cell({ cell }: { cell: Row["cells"][string] | undefined }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      <Score skill={cell} />
      {cell && cell.exams > 1 && (
        <Text c="dimmed" size="xs">
          {t("skills.worst", { exam: cell.worst, score: formats.percent(cell.worst_score) })}
        </Text>
      )}
    </>
  );
}
