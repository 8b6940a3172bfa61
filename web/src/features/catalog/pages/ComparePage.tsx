import { MultiSelect, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Version } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { ButtonLink, PageLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { Section } from "../../../components/Section";
import { parseRef } from "../../../lib/refs";
import { useFormats } from "../../../lib/useFormats";
import { findVersionsQuery, versionQuery } from "../api";
import { Answers } from "../compare/Answers";
import { FactsBeside, SkillsBeside } from "../compare/Columns";
import { FEWEST, MOST } from "../compare/table";
import { ProfileChart } from "../skills/ProfileChart";

const route = getRouteApi("/shell/compare");
const MOST_IN_RADAR = 3;

/** Two to six versions beside each other; which ones stands in the address. */
export function ComparePage(): ReactNode {
  const { t } = useTranslation();
  const { ids = [], suite } = route.useSearch();
  const navigate = route.useNavigate();
  const refs = ids.filter((each) => parseRef(each)?.number).slice(0, MOST);
  const found = useQueries({
    queries: refs.map((ref) => {
      const { department = "", model = "", number } = parseRef(ref) ?? {};
      return versionQuery(department, model, number ?? 0);
    }),
  });
  const versions = found.flatMap(({ data }) => (data ? [data] : []));
  const failed = found.find(({ error }) => error !== null);
  const query = refs.map((ref) => `ids=${encodeURIComponent(ref)}`).join("&");
  return (
    <Stack>
      <PageHeader
        title={t("compare.title")}
        term={t("compare.term")}
        description={t("compare.hint", { fewest: FEWEST, most: MOST })}
        actions={
          versions.length >= FEWEST && (
            <CopyAs
              what={t("compare.title")}
              cli={refs.map((ref) => `aird models get ${ref}`).join("\n")}
              python={`versions = [client.versions.get(ref) for ref in ${JSON.stringify(refs)}]`}
              api={`/api/v1/models/${refs[0]?.replace("@", "/versions/")}`}
              yaml={{ compare: refs, address: `/compare?${query}` }}
            />
          )
        }
      />
      <Choice
        refs={refs}
        onChange={(chosen) =>
          void navigate({ search: (before) => ({ ...before, ids: chosen }), replace: true })
        }
      />
      {failed?.error && <ErrorBox error={failed.error} retry={() => void failed.refetch()} />}
      {refs.length < FEWEST ? (
        <EmptyState
          title={t("compare.pickTwo")}
          hint={t("compare.pickTwoHint")}
          action={
            <ButtonLink to="/skills" variant="default">
              {t("compare.fromMatrix")}
            </ButtonLink>
          }
        />
      ) : (
        versions.length >= FEWEST && (
          <Beside
            versions={versions}
            suite={suite}
            onSuite={(chosen) =>
              void navigate({ search: (before) => ({ ...before, suite: chosen }), replace: true })
            }
          />
        )
      )}
    </Stack>
  );
}

function Choice({ refs, onChange }: { refs: string[]; onChange: (refs: string[]) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [asked] = useDebouncedValue(typed, 200);
  const found = useQuery(findVersionsQuery(asked, undefined));
  const choices = [...new Set([...refs, ...(found.data?.items ?? []).map(({ ref }) => ref)])];
  return (
    <MultiSelect
      label={t("compare.versions")}
      description={t("compare.versionsHint", { most: MOST })}
      data={choices}
      value={refs}
      onChange={onChange}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      maxValues={MOST}
      nothingFoundMessage={t("common.nothingFound")}
      clearable
      clearButtonProps={{ "aria-label": t("common.clear") }}
    />
  );
}

interface Props {
  versions: Version[];
  suite: string | undefined;
  onSuite: (suite: string | undefined) => void;
}

function Beside({ versions, suite, onSuite }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const formats = useFormats();
  const few = versions.slice(0, MOST_IN_RADAR);
  return (
    <>
      <Section title={t("compare.skills")} term={t("compare.skillsTerm")}>
        <ProfileChart profiles={few.map(({ ref, skills }) => ({ name: ref, skills }))} />
        {versions.length > MOST_IN_RADAR && (
          <Text size="sm" c="dimmed">
            {t("compare.inRadar", { number: formats.number(MOST_IN_RADAR) })}
          </Text>
        )}
        <SkillsBeside versions={versions} />
      </Section>
      <Section title={t("compare.facts")} term={t("compare.factsTerm")}>
        <FactsBeside versions={versions} />
        <Pairs versions={versions} />
      </Section>
      <Section title={t("compare.answers")} term={t("compare.answersTerm")}>
        <Answers versions={versions} suite={suite} onChoose={onSuite} />
      </Section>
      {may("request.write") && (
        <Section title={t("compare.choose")} term={t("compare.chooseTerm")}>
          <Text size="sm">{t("compare.chooseHint")}</Text>
          <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
            {versions
              .filter(({ state }) => state !== "retired")
              .map(({ ref }) => (
                <ButtonLink key={ref} to="/requests/new" search={{ version: ref }} variant="default">
                  {t("compare.chooseOne", { ref })}
                </ButtonLink>
              ))}
          </div>
        </Section>
      )}
    </>
  );
}

/** Every line that changed: from the first to each of the others. */
function Pairs({ versions }: { versions: Version[] }) {
  const { t } = useTranslation();
  const [first, ...others] = versions;
  return (
    <Text size="sm">
      {t("compare.everyLine")}{" "}
      {others.map((each, place) => {
        const { department = "", model = "", number } = parseRef(each.ref) ?? {};
        return (
          <span key={each.ref}>
            {place > 0 && " · "}
            <PageLink
              to="/models/$department/$model"
              params={{ department, model }}
              search={{ version: number ?? undefined, tab: "versions", against: first?.ref }}
            >
              {first?.ref} → {each.ref}
            </PageLink>
          </span>
        );
      })}
    </Text>
  );
}
