import { Alert, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconHourglass } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";

/** Of which class the failure is, what the server said, and what can be done about it. */
export function Failure({ error }: { error: NonNullable<Job["error"]> }) {
  const { t } = useTranslation();
  const label = useLabels();
  const advice = label("jobs.advice", error.code, t("jobs.adviceElse"));
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle aria-hidden />}
      title={label("jobs.failure", error.code, label("errors", error.code))}
      role="alert"
    >
      <Stack gap={6}>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {error.message}
        </Text>
        <Text size="sm">
          <b>{t("jobs.whatToDo")}</b> {advice}
        </Text>
        <Text size="xs" c="dimmed">
          {t("jobs.failureClass")} <code>{error.code}</code>
        </Text>
      </Stack>
    </Alert>
  );
}

/** Why the job waits, while it does. */
export function Waiting({ job }: { job: Job }) {
  const { t } = useTranslation();
  if (job.state !== "queued") return null;
  return (
    <Alert color="gray" icon={<IconHourglass aria-hidden />} title={t("jobs.waits")} role="status">
      {job.reason || t("jobs.waitsForWorker")}
    </Alert>
  );
}
