import { Alert, Text } from "@mantine/core";
import { IconHourglass } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { PageLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";

/** Why the job waits, at which place in the queue, and for which other jobs. */
export function Waiting({ job }: { job: Job }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  if (job.state !== "queued") return null;
  return (
    <Alert color="gray" icon={<IconHourglass aria-hidden />} title={t("jobs.waits")} role="status">
      {said(job.reason) || t("jobs.waitsForWorker")}
      {job.position !== null && (
        <Text size="sm">{t("jobs.position", { position: formats.number(job.position) })}</Text>
      )}
      {job.after.map((id) => (
        <Text key={id} size="sm">
          {t("jobs.after")}{" "}
          <PageLink to="/jobs/$id" params={{ id }}>
            {id}
          </PageLink>
        </Text>
      ))}
    </Alert>
  );
}
