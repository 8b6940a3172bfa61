import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { SkillsHistory, Version } from "../../../api/types";
import { Section } from "../../../components/Section";
import { SkillTable } from "../components/SkillTable";
import type { VersionPath } from "../fileApi";
import { historyQuery } from "./api";
import { Evolution } from "./Evolution";
import { ProfileChart } from "./ProfileChart";
import type { Profile } from "./radar";

/** What the version can do, beside the version before it, and how that came about. */
export function SkillsTab({ path, version }: { path: VersionPath; version: Version }) {
  const { t } = useTranslation();
  const history = useQuery(historyQuery(path.department, path.model));
  const before = history.data && previous(history.data, version.version);
  const profiles: Profile[] = [{ name: version.ref, skills: version.skills }, ...(before ? [before] : [])];
  return (
    <>
      <Section title={t("catalog.skills")} term={t("catalog.skillsTerm")}>
        {version.skills.length > 0 && <ProfileChart profiles={profiles} />}
        <SkillTable skills={version.skills} />
      </Section>
      <Section title={t("skills.evolution")} term={t("skills.evolutionTerm")}>
        <Evolution department={path.department} model={path.model} />
      </Section>
    </>
  );
}

/** What the last measured version before this one scored. */
function previous({ courses }: SkillsHistory, number: number): Profile | null {
  const older = courses.flatMap(({ suite, points }) =>
    points.filter(({ version }) => version < number).map((point) => ({ ...point, suite })),
  );
  const last = Math.max(...older.map(({ version }) => version));
  const skills = older.filter(({ version }) => version === last);
  return skills[0] ? { name: skills[0].ref, skills } : null;
}
