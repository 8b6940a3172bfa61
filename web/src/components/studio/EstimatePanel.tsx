import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../ErrorBox";
import { QueryView } from "../QueryView";
import { Section } from "../Section";

interface Props<Data> {
  query: {
    data: Data | undefined;
    error: Error | null;
    refetch: () => unknown;
    isPlaceholderData: boolean;
  };
  /** Enough is known to ask the server. */
  asked: boolean;
  children: (data: Data) => ReactNode;
}

/** What the recipe would take, asked for again with every change; nothing runs. */
export function EstimatePanel<Data>({ query, asked, children }: Props<Data>) {
  const { t } = useTranslation();
  return (
    <Section title={t("studio.estimate")} term={t("studio.estimateTerm")}>
      {!asked ? (
        <Text size="sm" c="dimmed">
          {t("studio.estimateWaits")}
        </Text>
      ) : query.error ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div aria-live="polite" aria-busy={query.isPlaceholderData}>
          <QueryView query={query}>{children}</QueryView>
        </div>
      )}
    </Section>
  );
}
