import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { PageLink, VersionLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { examOrderQuery, isExamination } from "../api";

/** Who sits which exams, by name; nothing for any other job. */
export function ExamOrder({ job }: { job: Job }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const order = useQuery({ ...examOrderQuery(job.id), enabled: isExamination(job) }).data;
  if (!order) return null;
  const { split, anchors } = job.spec;
  return (
    <Section title={t("jobs.examOrder")} term={t("jobs.examOrderTerm")}>
      <Facts
        facts={[
          [
            t(job.kind === "evaluation.compare" ? "jobs.compared" : "jobs.examined"),
            <Stack key="versions" gap={4}>
              {order.versions.map((each) => (
                <VersionLink key={each.ref} value={each.ref} title={each.title} />
              ))}
              {order.hidden > 0 && (
                <Text size="sm" c="dimmed">
                  {t("jobs.hiddenVersions", { n: formats.number(order.hidden) })}
                </Text>
              )}
            </Stack>,
          ],
          [
            t("jobs.exams"),
            <Stack key="suites" gap={4}>
              {order.suites.map(({ name, title }) => {
                const [department = "", suite = ""] = name.split("/");
                return (
                  <div key={name}>
                    <PageLink to="/exams/$department/$name" params={{ department, name: suite }}>
                      {said(title)}
                    </PageLink>
                    <Text size="xs" c="dimmed">
                      {name}
                    </Text>
                  </div>
                );
              })}
            </Stack>,
          ],
          [t("jobs.examSplit"), typeof split === "string" && split],
          [t("jobs.examAnchors"), typeof anchors === "number" && formats.number(anchors)],
        ]}
      />
    </Section>
  );
}
