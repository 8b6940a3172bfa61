import { Checkbox, MultiSelect, SegmentedControl, Stack, Switch } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { PageHeader } from "../../../components/PageHeader";
import { Section } from "../../../components/Section";
import { matrixQuery } from "../skills/api";
import { GroupedMatrix } from "../skills/GroupedMatrix";
import { Matrix, type MatrixRow, MOST_COMPARED } from "../skills/Matrix";
import { ProfileChart } from "../skills/ProfileChart";
import type { Profile } from "../skills/radar";

const route = getRouteApi("/shell/skills");

/** Versions against exams; up to three of them beside each other. */
export function SkillsPage(): ReactNode {
  const { t } = useTranslation();
  const { department, suite, every, by, with: picked = [] } = route.useSearch();
  const navigate = route.useNavigate();
  const departments = useDepartmentChoices();
  const query = useInfiniteQuery(matrixQuery({ department, suite, every: every === "yes" }));
  const [known, setKnown] = useState<string[]>([]);
  const suites = [...new Set([...known, ...(query.data?.pages ?? []).flatMap((page) => page.suites)])].sort();
  if (suites.length > known.length) setKnown(suites);
  const rows = (query.data?.pages ?? []).flatMap((page) => page.rows);
  const search = (change: object) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const pick = (ref: string, on: boolean) =>
    search({ with: on ? [...picked, ref].slice(-MOST_COMPARED) : picked.filter((each) => each !== ref) });
  return (
    <Stack>
      <PageHeader
        title={t("catalog.matrix")}
        term={t("catalog.matrixTerm")}
        description={t("catalog.matrixHint")}
      />
      <FilterBar>
        <FilterChoice
          label={t("common.department")}
          value={department}
          choices={departments}
          onChange={(chosen) => search({ department: chosen })}
        />
        <SegmentedControl
          aria-label={t("skills.columns")}
          value={by ?? "exam"}
          data={[
            { value: "exam", label: t("skills.byExam") },
            { value: "skill", label: t("skills.bySkill") },
            { value: "slot", label: t("skills.bySlot") },
          ]}
          onChange={(chosen) => search({ by: chosen === "exam" ? undefined : chosen })}
        />
        <MultiSelect
          disabled={by !== undefined}
          label={t("skills.onlySuites")}
          placeholder={suite?.length ? undefined : t("common.all")}
          value={suite ?? []}
          data={suites}
          onChange={(chosen) => search({ suite: chosen })}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("common.clearFilter", { what: t("skills.onlySuites") }) }}
          w={{ base: "100%", xs: 320 }}
        />
        <Switch
          label={t("skills.everyVersion")}
          checked={every === "yes"}
          onChange={(event) => search({ every: event.currentTarget.checked ? "yes" : undefined })}
          mb={8}
        />
      </FilterBar>
      <Compared rows={rows} picked={picked} />
      {by ? (
        <GroupedMatrix by={by} department={department} every={every === "yes"} />
      ) : (
        <Matrix
          query={query}
          suites={suite?.length ? suite : suites}
          compare={(row) => (
            <Checkbox
              checked={picked.includes(row.ref)}
              onChange={(event) => pick(row.ref, event.currentTarget.checked)}
              aria-label={t("skills.compareOne", { ref: row.ref })}
            />
          )}
        />
      )}
    </Stack>
  );
}

/** The picked versions beside each other. */
function Compared({ rows, picked }: { rows: MatrixRow[]; picked: string[] }) {
  const { t } = useTranslation();
  const profiles = picked.flatMap((ref): Profile[] => {
    const row = rows.find((each) => each.ref === ref);
    return row ? [{ name: ref, skills: Object.values(row.cells).filter((cell) => cell !== null) }] : [];
  });
  if (profiles.length === 0) return null;
  return (
    <Section title={t("skills.beside")} term={t("skills.besideTerm")}>
      <ProfileChart profiles={profiles} />
    </Section>
  );
}
