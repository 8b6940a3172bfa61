import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "./ErrorBox";
import { PageHeader } from "./PageHeader";

interface Query<Data> {
  data: Data | undefined;
  error: Error | null;
  refetch: () => unknown;
}

interface Props<Data> {
  query: Query<Data>;
  /** How many lines of skeleton stand in until the data is here. */
  lines?: number;
  /** What the page is called until its data is here, when the data brings the page's own header. */
  heading?: string;
  children: (data: Data) => ReactNode;
}

/** The three states of a query: loading, failed with a retry, there. */
export function QueryView<Data>({ query, lines = 5, heading, children }: Props<Data>) {
  const { t } = useTranslation();
  if (query.data !== undefined) return children(query.data);
  const header = heading && <PageHeader title={heading} />;
  if (query.error) {
    return (
      <Stack>
        {header}
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      </Stack>
    );
  }
  return (
    <Stack>
      {header}
      <Stack gap="sm" role="status" aria-label={t("common.loading")}>
        {Array.from({ length: lines }, (_, line) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move
          <Skeleton key={line} height={28} width={line === lines - 1 ? "60%" : "100%"} />
        ))}
      </Stack>
    </Stack>
  );
}
