import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { decisionsQuery, isFinal } from "../api";

/** Why it waited, where it started, who took its place: every decision that was taken about it, with its reason. */
export function Decisions({ job }: { job: Job }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const decisions = useQuery(decisionsQuery(job.id, isFinal(job)));
  return (
    <Section title={t("jobs.decisions")} term={t("jobs.decisionsTerm")}>
      <QueryView query={decisions} lines={2}>
        {(found) =>
          found.length === 0 ? (
            <Text size="sm">{t("jobs.noDecisions")}</Text>
          ) : (
            <DataTable
              caption={t("jobs.decisions")}
              rows={found.map((each, place) => ({ ...each, place }))}
              rowKey={(each) => each.place}
              columns={[
                { key: "at", header: t("jobs.when"), nowrap: true, render: (each) => formats.date(each.at) },
                {
                  key: "verdict",
                  header: t("jobs.decided"),
                  render: (each) => t(`jobs.verdict.${each.verdict}`),
                },
                { key: "reason", header: t("common.reason"), render: (each) => said(each.reason) },
              ]}
            />
          )
        }
      </QueryView>
    </Section>
  );
}
