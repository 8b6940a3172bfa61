import { Alert, Badge, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { DepartmentCard, Holder } from "../../../api/types";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink, PageLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { SampleBadge } from "../../../components/SampleBadge";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { departmentModelsQuery, organisationQuery } from "../org/api";

/** Who answers for which models; what nobody answers for stands out. */
export function OrgPage(): ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const query = useQuery(organisationQuery);
  const manage = may("people.manage") && (
    <ButtonLink to="/people" variant="default">
      {t("org.manage")}
    </ButtonLink>
  );
  return (
    <Stack>
      <PageHeader title={t("org.title")} term={t("org.term")} description={t("org.hint")} actions={manage} />
      <QueryView query={query}>
        {({ house, departments }) => (
          <>
            <Orphans departments={departments} />
            <Section title={t("org.house")} term={t("org.houseTerm")}>
              <People people={house} />
            </Section>
            {departments.length === 0 && (
              <EmptyState title={t("org.noDepartments")} hint={t("org.noDepartmentsHint")} action={manage} />
            )}
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {departments.map((each) => (
                <Card key={each.key} department={each} />
              ))}
            </SimpleGrid>
          </>
        )}
      </QueryView>
    </Stack>
  );
}

/** Departments that have models and nobody who leads them. */
function Orphans({ departments }: { departments: DepartmentCard[] }) {
  const { t } = useTranslation();
  const found = departments.filter(({ orphan, models }) => orphan && models > 0);
  if (found.length === 0) return null;
  return (
    <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title={t("org.orphans")}>
      {t("org.orphansHint", { departments: found.map(({ title }) => title).join(", ") })}
    </Alert>
  );
}

function People({ people }: { people: Holder[] }) {
  const { t } = useTranslation();
  const label = useLabels();
  if (people.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("org.nobody")}
      </Text>
    );
  }
  return (
    <Group component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
      {people.map(({ username, display_name, role }) => (
        <li key={`${username} ${role}`}>
          <Badge variant="default" tt="none" fw={500}>
            <bdi>{display_name}</bdi> · {label("role", role)}
          </Badge>
        </li>
      ))}
    </Group>
  );
}

function Card({ department }: { department: DepartmentCard }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <Section
      title={department.title}
      term={department.key}
      actions={
        <>
          {department.sample && <SampleBadge />}
          {department.orphan && (
            <Badge variant="default" leftSection={<IconAlertTriangle size={12} aria-hidden />}>
              {t("org.noLead")}
            </Badge>
          )}
        </>
      }
    >
      <People people={department.people} />
      <Group justify="space-between">
        <PageLink to="/models" search={{ department: department.key }} size="sm">
          {t("org.models", { number: formats.number(department.models) })}
        </PageLink>
        {department.models > 0 && (
          <Button
            size="xs"
            variant="default"
            onClick={toggle}
            aria-expanded={opened}
            aria-label={t(opened ? "org.hideOf" : "org.showOf", { department: department.title })}
          >
            {t(opened ? "org.hide" : "org.show")}
          </Button>
        )}
      </Group>
      {opened && <Models department={department} />}
    </Section>
  );
}

function Models({ department }: { department: DepartmentCard }) {
  const said = useSaid();
  const { t } = useTranslation();
  const query = useQuery(departmentModelsQuery(department.key));
  return (
    <QueryView query={query} lines={3}>
      {({ items, next }) => (
        <Stack component="ul" gap={6} p={0} m={0} style={{ listStyle: "none" }}>
          {items.map((model) => (
            <Group component="li" key={model.name} justify="space-between" gap="xs" wrap="nowrap">
              <div style={{ minWidth: 0 }}>
                <PageLink
                  to="/models/$department/$model"
                  params={{ department: department.key, model: model.name.split("/")[1] ?? "" }}
                  size="sm"
                >
                  <bdi>{said(model.title)}</bdi>
                </PageLink>
                <Text size="xs" c="dimmed">
                  {model.latest?.created_by
                    ? t("org.filedBy", { name: model.latest.created_by, ref: model.latest.ref })
                    : t("org.noOwner")}
                </Text>
              </div>
              {model.latest && <StateBadge of="version" state={model.latest.state} />}
            </Group>
          ))}
          {next && (
            <li>
              <PageLink to="/models" search={{ department: department.key }} size="sm">
                {t("common.more")}
              </PageLink>
            </li>
          )}
        </Stack>
      )}
    </QueryView>
  );
}
