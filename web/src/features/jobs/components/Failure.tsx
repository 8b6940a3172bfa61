import { Alert, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";

/** Of which class the failure is, what the server said, and what can be done about it. */
export function Failure({ job }: { job: Job }) {
  const { t } = useTranslation();
  const label = useLabels();
  const said = useSaid();
  const { error, failure } = job;
  if (!error) return null;
  const kind = failure ?? error.code;
  const advice = label("jobs.advice", error.code, label("jobs.advice", kind, t("jobs.adviceElse")));
  const name = label("jobs.failure", error.code, label("jobs.failure", kind, label("errors", error.code)));
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={name} role="alert">
      <Stack gap={6}>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {said(error.message)}
        </Text>
        <Text size="sm">
          <b>{t("jobs.whatToDo")}</b> {advice}
        </Text>
        <Text size="xs" c="dimmed">
          {t("jobs.failureClass")} <code>{kind}</code>
        </Text>
      </Stack>
    </Alert>
  );
}
