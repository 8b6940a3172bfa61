import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "./ErrorBox";

interface Query<Data> {
  data: Data | undefined;
  error: Error | null;
  refetch: () => unknown;
}

interface Props<Data> {
  query: Query<Data>;
  /** How many lines of skeleton stand in until the data is here. */
  lines?: number;
  children: (data: Data) => ReactNode;
}

/** The three states of a query: loading, failed with a retry, there. */
export function QueryView<Data>({ query, lines = 5, children }: Props<Data>) {
  const { t } = useTranslation();
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  return (
    <Stack gap="sm" role="status" aria-label={t("common.loading")}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move
        <Skeleton key={line} height={28} width={line === lines - 1 ? "60%" : "100%"} />
      ))}
    </Stack>
  );
}
