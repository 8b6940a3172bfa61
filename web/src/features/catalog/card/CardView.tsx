import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Component, lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { CopyBlock } from "../../../components/CopyBlock";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { QueryView } from "../../../components/QueryView";
import { cardQuery, type VersionPath } from "../fileApi";

const Markdown = lazy(() => import("./Markdown").then((found) => ({ default: found.Markdown })));

/** A version's card as its makers wrote it, and the scores it claims. */
export function CardView({ version }: { version: VersionPath }) {
  const { t } = useTranslation();
  const card = useQuery(cardQuery(version));
  return (
    <QueryView query={card} lines={4}>
      {({ markdown, claims, own }) => (
        <Stack>
          {!own && (
            <Text size="sm" c="dimmed">
              {t("catalog.card.written")}
            </Text>
          )}
          {markdown.trim() ? <CardText text={markdown} /> : <EmptyState title={t("catalog.card.empty")} />}
          {claims.length > 0 && (
            <>
              <Text size="sm" c="dimmed">
                {t("catalog.card.claimsHint")}
              </Text>
              <DataTable
                caption={t("catalog.card.claims")}
                rows={claims.slice(0, 100)}
                rowKey={(claim) => `${claim.task} ${claim.dataset} ${claim.metric} ${claim.value}`}
                columns={[
                  {
                    key: "dataset",
                    header: t("catalog.card.dataset"),
                    render: (claim) => claim.dataset || "–",
                  },
                  { key: "task", header: t("catalog.card.task"), render: (claim) => claim.task || "–" },
                  { key: "metric", header: t("catalog.metric"), render: (claim) => claim.metric || "–" },
                  {
                    key: "value",
                    header: t("catalog.score"),
                    numeric: true,
                    render: (claim) => String(claim.value),
                  },
                ]}
              />
            </>
          )}
        </Stack>
      )}
    </QueryView>
  );
}

/** Markdown of a stranger; where drawing it fails, the text as it is. */
export function CardText({ text }: { text: string }) {
  const { t } = useTranslation();
  const plain = <CopyBlock text={text.slice(0, 100_000)} what={t("catalog.card.title")} />;
  return (
    <Guard fallback={plain}>
      <Suspense fallback={<Text size="sm">{t("common.loading")}</Text>}>
        <Markdown text={text} />
      </Suspense>
    </Guard>
  );
}

class Guard extends Component<{ fallback: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
