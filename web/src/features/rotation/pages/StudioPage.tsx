import { Stack } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQueries, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { PageHeader } from "../../../components/PageHeader";
import classes from "../../../components/studio/Studio.module.css";
import { YamlPane } from "../../../components/studio/YamlPane";
import { isModelName } from "../../../lib/recipe";
import { type Plan, planQuery, versionQuery } from "../api";
import type { Form } from "../recipe/form";
import { writeRecipe } from "../recipe/write";
import { SearchSection } from "../search/SearchSection";
import { FinishForm } from "../studio/FinishForm";
import { Measured } from "../studio/Measured";
import { MethodChoice } from "../studio/MethodChoice";
import { Parents } from "../studio/Parents";
import { PlanPanel } from "../studio/PlanPanel";
import { RunCard } from "../studio/RunCard";
import { type Studio, useStudio } from "../studio/useStudio";

/** Adapters in, one adapter out: chosen, weighed, foreseen, searched for and ordered on one page. */
export function StudioPage(): ReactNode {
  const { t } = useTranslation();
  const studio = useStudio();
  const { yaml, read, mode } = studio;
  const form = "form" in read ? read.form : null;
  const asked = form
    ? form.parents.length > 0
    : yaml.trim() !== "" && "reason" in read && read.reason === "not_in_form";
  // A name that is still being typed is no reason to refuse the plan.
  const unplaced = form && form.model !== "" && !isModelName(form.model);
  const [settled] = useDebouncedValue(unplaced ? writeRecipe({ ...form, model: "" }) : yaml, 400);
  const plan = useQuery({ ...planQuery(settled), enabled: asked && settled !== "" });
  const shown = asked ? plan.data : undefined;
  return (
    <Stack>
      <PageHeader title={t("rotation.title")} term={t("rotation.term")} description={t("rotation.hint")} />
      <div className={classes.layout}>
        <Stack miw={0}>
          {mode === "form" && form && <FormView studio={studio} form={form} plan={shown} settled={settled} />}
          {mode === "yaml" && shown && shown.parents.length > 1 && <Measured plan={shown} yaml={settled} />}
          <YamlPane
            recipe={studio}
            mode={mode}
            onForm={() => studio.setPlace({ mode: undefined })}
            term={t("rotation.yamlTerm")}
            fileName="mergekit_config.yml"
          />
        </Stack>
        <Stack className={classes.side}>
          <PlanPanel query={plan} asked={asked} />
          <RunCard yaml={yaml} form={form} plan={plan.error ? undefined : shown} onChange={studio.setForm} />
        </Stack>
      </div>
    </Stack>
  );
}

interface Props {
  studio: Studio;
  form: Form;
  plan: Plan | undefined;
  settled: string;
}

function FormView({ studio, form, plan, settled }: Props) {
  const { versions, error } = useVersions(form.parents.map(({ ref }) => ref));
  const { setForm } = studio;
  const base = form.parents.map(({ ref }) => versions.get(ref)?.base).find(Boolean);
  // Parents that came by the address alone bring their base only now.
  useEffect(() => {
    if (form.parents.length > 0 && form.base === null && base) setForm({ ...form, base });
  }, [form, base, setForm]);
  const ranks = form.parents.map(({ ref }) => Number(versions.get(ref)?.facts.rank));
  const sum = ranks.reduce((all, rank) => all + rank, 0);
  return (
    <>
      {error && <ErrorBox error={error} />}
      <Parents form={form} versions={versions} onChange={setForm} />
      {form.parents.length > 0 && (
        <>
          <MethodChoice
            form={form}
            sum={Number.isFinite(sum) && sum > 0 ? sum : null}
            own={Math.max(...ranks.filter(Number.isFinite), 1)}
            onChange={setForm}
          />
          {plan && plan.parents.length > 1 && <Measured plan={plan} yaml={settled} />}
          <SearchSection studio={studio} form={form} versions={versions} />
          <FinishForm form={form} plan={plan} onChange={setForm} />
        </>
      )}
    </>
  );
}

/** The parents' personnel files, by reference, as far as they are here. */
function useVersions(refs: string[]): { versions: ReadonlyMap<string, Version>; error: Error | null } {
  const found = useQueries({ queries: refs.map((ref) => versionQuery(ref)) });
  const key = found.map(({ dataUpdatedAt }) => dataUpdatedAt).join();
  const names = refs.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key changes with the answers
  const versions = useMemo(
    () => new Map(found.flatMap(({ data }, index) => (data ? [[refs[index] ?? "", data] as const] : []))),
    [key, names],
  );
  return { versions, error: found.find(({ error }) => error)?.error ?? null };
}
