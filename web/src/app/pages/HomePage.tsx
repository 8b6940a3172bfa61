import { Group, SimpleGrid, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay, useMe } from "../../api/session";
import { ButtonLink, PageLink } from "../../components/Links";
import { PageHeader } from "../../components/PageHeader";
import { Section } from "../../components/Section";
import { WaitingApprovals } from "../../features/approval/components/WaitingApprovals";
import { RecentModels } from "../../features/catalog/components/RecentModels";
import { EndpointTasks } from "../../features/deploy/components/EndpointTasks";
import { JobTasks } from "../../features/jobs/components/JobTasks";
import { BurnCards } from "../../features/metering/components/BurnCards";
import { RequestTasks } from "../../features/requests/components/RequestTasks";
import { StartHere } from "./StartHere";
import { TourOffer } from "./TourOffer";

/** What waits for this person, what runs, and where to go next. */
export function HomePage(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const may = useMay();
  return (
    <Stack>
      <PageHeader
        title={t("home.hello", { name: me.person.display_name })}
        term={t("home.term")}
        description={t("home.hint")}
        actions={<QuickLinks />}
      />
      <StartHere />
      <TourOffer />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {may("approval.decide") && (
          <Section title={t("home.decisions")} term={t("home.decisionsTerm")}>
            <WaitingApprovals />
          </Section>
        )}
        <Section
          title={t("home.requests")}
          actions={
            <PageLink to="/requests" size="sm">
              {t("home.allRequests")}
            </PageLink>
          }
        >
          <RequestTasks />
        </Section>
        {may("usage.read") && (
          <Section
            title={t("home.burn")}
            term={t("home.burnTerm")}
            actions={
              <PageLink to="/billing" size="sm">
                {t("home.allBills")}
              </PageLink>
            }
          >
            <BurnCards />
          </Section>
        )}
        <Section
          title={t("home.jobs")}
          actions={
            <PageLink to="/jobs" size="sm">
              {t("home.allJobs")}
            </PageLink>
          }
        >
          <JobTasks />
        </Section>
        <Section
          title={t("home.models")}
          actions={
            <PageLink to="/models" size="sm">
              {t("home.allModels")}
            </PageLink>
          }
        >
          <RecentModels />
        </Section>
        <Section
          title={t("home.endpoints")}
          actions={
            <PageLink to="/endpoints" size="sm">
              {t("home.allEndpoints")}
            </PageLink>
          }
        >
          <EndpointTasks />
        </Section>
      </SimpleGrid>
    </Stack>
  );
}

/** The next steps that each kind of person takes most. */
function QuickLinks() {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <Group gap="xs">
      {may("request.write") && <ButtonLink to="/requests/new">{t("home.newRequest")}</ButtonLink>}
      {may("people.manage") && (
        <ButtonLink to="/people" variant="default">
          {t("home.people")}
        </ButtonLink>
      )}
      {may("audit.read") && (
        <ButtonLink to="/audit" variant="default">
          {t("home.audit")}
        </ButtonLink>
      )}
      {may("job.run") && (
        <ButtonLink to="/studio/rotation" variant="default">
          {t("home.rotation")}
        </ButtonLink>
      )}
      {may("job.run") && (
        <ButtonLink to="/skills" variant="default">
          {t("home.skills")}
        </ButtonLink>
      )}
      {may("usage.read") && (
        <ButtonLink to="/usage" variant="default">
          {t("home.usage")}
        </ButtonLink>
      )}
    </Group>
  );
}
