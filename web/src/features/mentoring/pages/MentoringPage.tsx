import { Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { PageHeader } from "../../../components/PageHeader";
import { EstimatePanel } from "../../../components/studio/EstimatePanel";
import { Place } from "../../../components/studio/Place";
import type { RecipeSearch } from "../../../components/studio/place";
import { RunForm } from "../../../components/studio/RunForm";
import { SettingsSection } from "../../../components/studio/SettingsSection";
import classes from "../../../components/studio/Studio.module.css";
import { useRecipe } from "../../../components/studio/useRecipe";
import { useStandIn } from "../../../components/studio/useStandIn";
import { YamlPane } from "../../../components/studio/YamlPane";
import { isModelName } from "../../../lib/recipe";
import { type Estimate, estimateQuery, type Match, useOrder } from "../api";
import { Budget } from "../components/Budget";
import { Forecast } from "../components/Forecast";
import { Matches } from "../components/Matches";
import { OnPolicy } from "../components/OnPolicy";
import { Teachers } from "../components/Teachers";
import { EMPTY, type Form, MAIN, MORE, withTeacher } from "../recipe/form";
import { readRecipe, writeRecipe } from "../recipe/yaml";

const route = getRouteApi("/shell/studio/mentoring");
const DISTILL = { empty: EMPTY, read: readRecipe, write: writeRecipe };

/** Teachers and a student in, a taught version out; what it takes is said before it starts. */
export function MentoringPage(): ReactNode {
  const { t } = useTranslation();
  const found = route.useSearch();
  const navigate = route.useNavigate();
  const setPlace = useCallback(
    (change: RecipeSearch) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  );
  const replace = useCallback((recipe: string | undefined) => setPlace({ recipe }), [setPlace]);
  const recipe = useRecipe(DISTILL, { recipe: found.recipe, path: "/studio/mentoring", replace });
  const { yaml, read, setForm } = recipe;
  const form = "form" in read ? read.form : null;
  const mode = found.mode ?? (form ? "form" : "yaml");
  const asked = form
    ? form.student !== null && form.teachers.length > 0 && form.teachers.every(({ dataset }) => dataset)
    : "reason" in read && read.reason === "not_in_form";
  const standIn = useStandIn(form?.model ?? "");
  const unplaced = form && !isModelName(form.model);
  const whole = unplaced ? standIn && writeRecipe({ ...form, model: standIn }) : yaml;
  // An order that is not complete is never priced, not even for as long as the typing is waited out.
  const [settled] = useDebouncedValue((asked && whole) || "", 400);
  const estimate = useQuery({ ...estimateQuery(settled), enabled: settled !== "" });
  const order = useOrder();
  const shown = asked && settled !== "" && !estimate.error ? estimate.data : undefined;
  return (
    <Stack>
      <PageHeader title={t("mentoring.title")} term={t("mentoring.term")} description={t("mentoring.hint")} />
      <div className={classes.layout}>
        <Stack miw={0}>
          {mode === "form" && form && (
            <>
              <Teachers form={form} onChange={setForm} />
              <Matches
                student={form.student}
                chosen={form.teachers.map(({ version }) => version)}
                onTake={(match) => setForm(taken(form, match))}
              />
              <Budget form={form} estimate={shown} onChange={setForm} />
              <SettingsSection
                title={t("training.settings")}
                term={t("training.settingsTerm")}
                main={MAIN}
                more={MORE}
                settings={form.settings}
                onChange={(settings) => setForm({ ...form, settings })}
              />
              <OnPolicy settings={form.settings} onChange={(settings) => setForm({ ...form, settings })} />
            </>
          )}
          <YamlPane
            recipe={recipe}
            mode={mode}
            onForm={() => setPlace({ mode: undefined })}
            term="kind: Distill"
            fileName="mentoring.yaml"
          />
        </Stack>
        <Stack className={classes.side}>
          <EstimatePanel query={estimate} asked={asked}>
            {(data) => <Forecast estimate={data} />}
          </EstimatePanel>
          <RunForm label={t("mentoring.run")} waits={waitsFor(form, shown)} order={order} yaml={yaml}>
            {form ? (
              <Place
                model={form.model}
                title={form.title}
                onChange={(model, title) => setForm({ ...form, model, title })}
              />
            ) : (
              <Text size="sm">{t("studio.placeInYaml")}</Text>
            )}
          </RunForm>
        </Stack>
      </div>
    </Stack>
  );

  function waitsFor(now: Form | null, told: Estimate | undefined): string | null {
    if (now && now.student === null) return t("mentoring.waits.student");
    if (now && now.teachers.length === 0) return t("mentoring.waits.teachers");
    if (now?.teachers.some(({ dataset }) => !dataset)) return t("mentoring.waits.prompts");
    if (!told) return t("studio.waits.estimate");
    if (told.findings.some(({ level }) => level === "stop")) return t("studio.waits.stopped");
    return now && !isModelName(now.model) ? t("studio.waits.place") : null;
  }
}

/** The recipe of a match, or one more teacher where the student is that of the recipe already. */
function taken(form: Form, match: Match): Form {
  const [prompts] = match.prompts;
  const chosen = prompts ? { dataset: prompts.dataset, split: prompts.split } : {};
  if (form.student !== null && form.student !== match.student) return form;
  return withTeacher({ ...form, student: match.student }, match.teacher, chosen);
}
