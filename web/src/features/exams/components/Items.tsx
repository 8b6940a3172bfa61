import { Badge, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Change, ExamItem } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";

const COLORS: Record<Change, string> = { won: "teal", lost: "red", right: "gray", wrong: "gray" };

/** Items of a run beside the other run's; answers are untrusted text and shown as nothing but text. */
export function Items({ items, other }: { items: ExamItem[]; other: string | null }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const columns: Column<ExamItem>[] = [
    {
      key: "question",
      header: t("exams.question"),
      render: (item) => (
        <Stack gap={2}>
          <Words text={item.asked?.messages.at(-1)?.content ?? item.id} />
          <Text size="xs" c="dimmed">
            {item.id}
          </Text>
        </Stack>
      ),
    },
    {
      key: "change",
      header: t("exams.outcome"),
      render: (item) => (
        <Badge variant="light" color={COLORS[item.change]}>
          {t(`exams.change.${item.change}`)}
        </Badge>
      ),
    },
    { key: "wanted", header: t("exams.wanted"), render: (item) => <Words text={item.asked?.wanted} /> },
    {
      key: "answer",
      header: t("exams.answer"),
      render: (item) => <Said text={item.answer} score={formats.percent(item.score)} />,
    },
  ];
  if (other !== null) {
    columns.push({
      key: "other",
      header: t("exams.answerOf", { ref: other }),
      render: (item) => <Said text={item.other_answer} score={formats.percent(item.other_score)} />,
    });
  }
  return <DataTable caption={t("exams.items")} columns={columns} rows={items} rowKey={(item) => item.id} />;
}

function Words({ text }: { text: string | null | undefined }) {
  return (
    <Text size="sm" lineClamp={6} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {text ?? "–"}
    </Text>
  );
}

function Said({ text, score }: { text: string | null; score: string }) {
  return (
    <Stack gap={2}>
      <Words text={text} />
      <Text size="xs" c="dimmed">
        {score}
      </Text>
    </Stack>
  );
}
