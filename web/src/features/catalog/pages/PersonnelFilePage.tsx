import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { modelQuery, versionQuery } from "../api";
import { Lineage } from "../components/Lineage";
import { MoveButtons } from "../components/MoveButtons";
import { Profile } from "../components/Profile";
import { SkillTable } from "../components/SkillTable";
import { TrainingRecord } from "../components/TrainingRecord";
import { VersionList } from "../components/VersionList";

const route = getRouteApi("/shell/models/$department/$model");

/** One model line; the version of the address, else the latest. `workplaces` lists the endpoints that run it. */
export function PersonnelFilePage({ workplaces }: { workplaces: (name: string) => ReactNode }): ReactNode {
  const { t } = useTranslation();
  const { department, model } = route.useParams();
  const { version: chosen } = route.useSearch();
  const line = useQuery(modelQuery(department, model));
  const name = `${department}/${model}`;
  return (
    <QueryView query={line} lines={10} heading={name}>
      {(found) => {
        const number = chosen ?? found.latest?.version;
        if (number === undefined) {
          return (
            <Stack>
              <PageHeader title={found.title} term={t("catalog.fileTerm", { name })} />
              <EmptyState
                title={t("catalog.noVersion")}
                hint={
                  <CopyBlock text={`aird models add ${name} ./my-model`} what={t("catalog.addCommand")} />
                }
              />
            </Stack>
          );
        }
        return (
          <VersionFile
            title={found.title}
            description={found.description}
            {...{ department, model, number, workplaces }}
          />
        );
      }}
    </QueryView>
  );
}

interface FileProps {
  title: string;
  description: string;
  department: string;
  model: string;
  number: number;
  workplaces: (name: string) => ReactNode;
}

function VersionFile({ title, description, department, model, number, workplaces }: FileProps) {
  const { t } = useTranslation();
  const version = useQuery(versionQuery(department, model, number));
  const name = `${department}/${model}`;
  return (
    <Stack>
      <PageHeader
        title={title}
        term={t("catalog.fileTerm", { name: `${name}@${number}` })}
        description={description}
        badge={version.data && <StateBadge of="version" state={version.data.state} />}
        actions={version.data && <FileActions version={version.data} {...{ department, model }} />}
      />
      <QueryView query={version} lines={8}>
        {(found) => (
          <>
            <Section title={t("catalog.profile")}>
              <Profile version={found} />
            </Section>
            <Section title={t("catalog.skills")} term={t("catalog.skillsTerm")}>
              <SkillTable skills={found.skills} />
            </Section>
            <Section title={t("catalog.workplaces")} term={t("catalog.workplacesTerm")}>
              {workplaces(name)}
            </Section>
            <Section title={t("catalog.lineage")} term={t("catalog.lineageTerm")}>
              <Lineage version={found} />
            </Section>
            <Section title={t("catalog.training")} term={t("catalog.trainingTerm")}>
              <TrainingRecord version={found} />
            </Section>
            <Section title={t("catalog.versions")}>
              <VersionList {...{ department, model, number }} />
            </Section>
            <Section title={t("catalog.asCommand")} term="CLI">
              <CopyBlock text={snippet(found.ref)} what={t("catalog.asCommand")} />
            </Section>
          </>
        )}
      </QueryView>
    </Stack>
  );
}

function snippet(ref: string): string {
  const name = ref.replace(/@\d+$/, "");
  return [`aird models get ${ref}`, `aird models lineage ${ref}`, `aird models versions ${name}`].join("\n");
}

function FileActions({
  version,
  department,
  model,
}: {
  version: Version;
  department: string;
  model: string;
}) {
  const { t } = useTranslation();
  return (
    <>
      {version.state !== "retired" && (
        <ButtonLink to="/requests/new" search={{ version: version.ref }}>
          {t("catalog.askForDeployment")}
        </ButtonLink>
      )}
      <MoveButtons version={version} department={department} model={model} />
    </>
  );
}
