import { Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../lib/useSaid";
import { jobsQuery } from "../api";

/** Jobs that want a look: what runs, waits or failed lately. */
export function JobTasks({ limit = 6 }: { limit?: number }) {
  const { t } = useTranslation();
  const said = useSaid();
  const jobs = useInfiniteQuery(jobsQuery({}));
  return (
    <QueryView query={jobs} lines={3}>
      {({ pages }) => {
        const wanted = ["running", "queued", "failed"];
        const rows = pages
          .flatMap((page) => page.items)
          .filter((job) => wanted.includes(job.state))
          .sort((a, b) => wanted.indexOf(a.state) - wanted.indexOf(b.state))
          .slice(0, limit);
        if (rows.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              {t("jobs.nothingRuns")}
            </Text>
          );
        }
        return (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {rows.map((job) => (
              <Group component="li" key={job.id} justify="space-between" gap="xs" align="flex-start">
                <div>
                  <PageLink to="/jobs/$id" params={{ id: job.id }} size="sm">
                    {said(job.title)}
                  </PageLink>
                  <Text size="xs" c="dimmed" component="div">
                    <Since at={job.since} /> {said(job.reason)}
                  </Text>
                </div>
                <StateBadge of="job" state={job.state} />
              </Group>
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}
