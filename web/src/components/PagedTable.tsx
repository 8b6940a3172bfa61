import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../lib/useFormats";
import { type Column, DataTable } from "./DataTable";
import { QueryView } from "./QueryView";

interface Pages<Row> {
  data: { pages: { items: Row[] }[] } | undefined;
  error: Error | null;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

interface Props<Row> {
  query: Pages<Row>;
  caption: string;
  columns: Column<Row>[];
  rowKey: (row: Row) => string | number;
  empty: ReactNode;
}

/** A list that the server hands out page by page. */
export function PagedTable<Row>({ query, caption, columns, rowKey, empty }: Props<Row>) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <QueryView query={query}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items);
        if (rows.length === 0) return empty;
        return (
          <Stack gap="sm">
            <DataTable caption={caption} columns={columns} rows={rows} rowKey={rowKey} />
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
