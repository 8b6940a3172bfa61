import { Button, Select, Stack, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import { type AnswerRow, answerRows } from "./answers";
import { answersQuery, sittingsQuery } from "./api";

const SHOWN = 25;

interface Props {
  versions: Version[];
  suite: string | undefined;
  onChoose: (suite: string | undefined) => void;
}

/** What the versions answered to the same questions; answers are untrusted and shown as nothing but text. */
export function Answers({ versions, suite, onChoose }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [shown, setShown] = useState(SHOWN);
  const sat = useQueries({ queries: versions.map(({ ref }) => sittingsQuery(ref)) });
  const runs = sat.map(
    ({ data }) => new Map((data?.items ?? []).toReversed().map((run) => [run.suite, run])),
  );
  const counts = new Map<string, number>();
  for (const found of runs) for (const name of found.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const suites = [...counts]
    .filter(([, times]) => times > 1)
    .map(([name]) => name)
    .sort();
  const chosen = suite && suites.includes(suite) ? suite : suites[0];
  const ids = runs.map((found) => (chosen ? found.get(chosen)?.id : undefined));
  const answers = useQueries({
    queries: ids.map((id) => ({ ...answersQuery(id ?? ""), enabled: id !== undefined })),
  });
  if (sat.some(({ isPending }) => isPending)) return <Text size="sm">{t("common.loading")}</Text>;
  if (!chosen) return <Text c="dimmed">{t("compare.noCommonExam")}</Text>;
  const rows = answerRows(answers.map(({ data }) => data?.items ?? []));
  const hidden = answers.some(({ data }) => data?.items_hidden);
  const columns: Column<AnswerRow>[] = [
    { key: "question", header: t("exams.question"), render: (row) => <Words text={row.question} /> },
    { key: "wanted", header: t("exams.wanted"), render: (row) => <Words text={row.wanted} /> },
    ...versions.map(
      ({ ref }, place): Column<AnswerRow> => ({
        key: ref,
        header: ref,
        render: (row) => (
          <>
            <Words text={row.answers[place]?.text} />
            <Text size="xs" c="dimmed">
              {formats.percent(row.answers[place]?.score)}
            </Text>
          </>
        ),
      }),
    ),
  ];
  return (
    <Stack gap="sm">
      <Select
        label={t("catalog.suite")}
        data={suites}
        value={chosen}
        onChange={(value) => onChoose(value ?? undefined)}
        allowDeselect={false}
        maw="24rem"
      />
      {hidden ? (
        <Text c="dimmed">{t("exams.itemsHidden")}</Text>
      ) : (
        <>
          <Text size="sm" c="dimmed" aria-live="polite">
            {t("compare.answersShown", {
              shown: formats.number(Math.min(shown, rows.length)),
              all: formats.number(rows.length),
            })}
          </Text>
          <DataTable
            caption={t("compare.answers")}
            columns={columns}
            rows={rows.slice(0, shown)}
            rowKey={(row) => row.id}
            wide
          />
          {rows.length > shown && (
            <Button
              variant="default"
              onClick={() => setShown(rows.length)}
              style={{ alignSelf: "flex-start" }}
            >
              {t("common.more")}
            </Button>
          )}
        </>
      )}
    </Stack>
  );
}

function Words({ text }: { text: string | null | undefined }) {
  return (
    <Text size="sm" lineClamp={6} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} dir="auto">
      {text ?? "–"}
    </Text>
  );
}
