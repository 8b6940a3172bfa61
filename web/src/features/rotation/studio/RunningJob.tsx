import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { PageLink } from "../../../components/Links";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";

/** A job in one line: its state, how far it is, why it waits or what went wrong. */
export function RunningJob({ job }: { job: Job }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  return (
    <Group gap="xs" role="status">
      <StateBadge of="job" state={job.state} />
      {job.progress !== null && job.state === "running" && (
        <Text size="sm">{formats.percent(job.progress)}</Text>
      )}
      <Text size="sm" c="dimmed">
        {said(job.error?.message ?? job.reason)}
      </Text>
      <PageLink to="/jobs/$id" params={{ id: job.id }} size="sm">
        {t("catalog.openJob")}
      </PageLink>
    </Group>
  );
}
