import { Stack, Tabs } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Model, Version } from "../../../api/types";
import { Section } from "../../../components/Section";
import { AccessTab } from "../access/AccessTab";
import { CardView } from "../card/CardView";
import type { VersionPath } from "../fileApi";
import { FilesTab } from "../files/FilesTab";
import { AliasesTab } from "../history/AliasesTab";
import { Compare } from "../history/Compare";
import { Affected } from "../lineage/Affected";
import { FamilyTab } from "../lineage/FamilyTab";
import { SkillsTab } from "../skills/SkillsTab";
import { FILE_TABS, type FileTab, type Guests } from "../tabs";
import { Compute } from "./Compute";
import classes from "./FileTabs.module.css";
import { Profile } from "./Profile";
import { SkillTable } from "./SkillTable";
import { TrainingRecord } from "./TrainingRecord";
import { Twins } from "./Twins";
import { UseTab } from "./UseTab";
import { VersionList } from "./VersionList";

const route = getRouteApi("/shell/models/$department/$model");

interface Props {
  path: VersionPath;
  model: Model;
  version: Version;
  guests: Guests;
}

/** The parts of a personnel file; which one is open stands in the address. */
export function FileTabs(props: Props) {
  const { t } = useTranslation();
  const { tab = "profile" } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useRef<HTMLDivElement>(null);
  // On a phone the tabs do not all fit beside each other.
  useEffect(() => {
    list.current?.querySelector("[data-active]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, []);
  const open = (value: string | null) => {
    const chosen = FILE_TABS.find((each) => each === value && each !== "profile");
    void navigate({ search: ({ version }) => ({ version, tab: chosen }) });
  };
  const rotation = props.guests.rotation(props.version);
  const tabs = FILE_TABS.filter((each) => each !== "rotation" || rotation);
  const shown = tabs.includes(tab) ? tab : "profile";
  return (
    <Tabs value={shown} onChange={open} keepMounted={false} activateTabWithKeyboard={false}>
      <Tabs.List ref={list} className={classes.list}>
        {tabs.map((each) => (
          <Tabs.Tab key={each} value={each}>
            {t(`personnel.tabs.${each}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={shown} pt="md">
        <Stack>{shown === "rotation" ? rotation : CONTENTS[shown](props)}</Stack>
      </Tabs.Panel>
    </Tabs>
  );
}

const CONTENTS: Record<Exclude<FileTab, "rotation">, (props: Props) => ReactNode> = {
  profile: (props) => <ProfileTab {...props} />,
  versions: ({ path }) => <VersionsTab path={path} />,
  aliases: ({ path }) => <AliasesTab department={path.department} model={path.model} />,
  lineage: ({ path }) => <LineageTab path={path} />,
  skills: ({ path, version }) => <SkillsTab path={path} version={version} />,
  training: ({ version }) => <TrainingTab version={version} />,
  files: ({ path, version }) => <FilesTab path={path} version={version} />,
  access: ({ path: { department, model: name }, model }) => (
    <AccessTab path={{ department, model: name }} model={model} />
  ),
  use: ({ version }) => <UseTab version={version} />,
};

function ProfileTab({ path, version, guests }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("catalog.profile")}>
        <Profile version={version} />
      </Section>
      <Section title={t("catalog.workplaces")} term={t("catalog.workplacesTerm")}>
        {guests.workplaces(version.name)}
      </Section>
      <Section title={t("catalog.skills")} term={t("catalog.skillsEvidence")}>
        <SkillTable skills={version.skills} />
      </Section>
      <Twins version={version} />
      <Section title={t("catalog.card.title")} term={t("catalog.card.term")}>
        <CardView version={path} />
      </Section>
    </>
  );
}

function VersionsTab({ path }: { path: VersionPath }) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("catalog.versions")}>
        <VersionList {...path} />
      </Section>
      <Section title={t("personnel.compare")} term={t("personnel.compareTerm")}>
        <Compare version={path} />
      </Section>
    </>
  );
}

function LineageTab({ path }: { path: VersionPath }) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("catalog.lineage")} term={t("catalog.lineageTerm")}>
        <FamilyTab version={path} />
      </Section>
      <Section title={t("family.affectedTitle")} term={t("family.affectedTerm")}>
        <Affected version={path} />
      </Section>
    </>
  );
}

function TrainingTab({ version }: { version: Version }) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("catalog.training")} term={t("catalog.trainingTerm")}>
        <TrainingRecord version={version} />
      </Section>
      <Compute compute={version.compute} />
    </>
  );
}
