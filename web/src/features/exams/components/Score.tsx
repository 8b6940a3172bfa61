import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExamRun } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";

/** A score with how sure it is. */
export function Score({ run }: { run: ExamRun }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      {formats.percent(run.score)}
      <Text size="xs" c="dimmed">
        {t("exams.sure", {
          interval: formats.interval(run.low, run.high),
          items: formats.number(run.items),
        })}
      </Text>
    </>
  );
}
