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
import { type Estimate, estimateQuery, useOrder } from "../api";
import { Datasets } from "../components/Datasets";
import { Forecast } from "../components/Forecast";
import { Start } from "../components/Start";
import { EMPTY, type Form, mainFields, moreFields } from "../recipe/form";
import { readRecipe, writeRecipe } from "../recipe/yaml";

const route = getRouteApi("/shell/studio/training");
const TRAIN = { empty: EMPTY, read: readRecipe, write: writeRecipe };

/** A version and data in, a trained version out; what it takes is said before it starts. */
export function TrainingPage(): ReactNode {
  const { t } = useTranslation();
  const found = route.useSearch();
  const navigate = route.useNavigate();
  const setPlace = useCallback(
    (change: RecipeSearch) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  );
  const replace = useCallback((recipe: string | undefined) => setPlace({ recipe }), [setPlace]);
  const recipe = useRecipe(TRAIN, { recipe: found.recipe, path: "/studio/training", replace });
  const { yaml, read, setForm } = recipe;
  const form = "form" in read ? read.form : null;
  const mode = found.mode ?? (form ? "form" : "yaml");
  const asked = form
    ? form.base !== null && form.datasets.length > 0
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
      <PageHeader title={t("training.title")} term={t("training.term")} description={t("training.hint")} />
      <div className={classes.layout}>
        <Stack miw={0}>
          {mode === "form" && form && (
            <>
              <Start form={form} onChange={setForm} />
              <Datasets form={form} onChange={setForm} />
              <SettingsSection
                title={t("training.settings")}
                term={t("training.settingsTerm")}
                main={mainFields(form.method)}
                more={moreFields(form.method)}
                settings={form.settings}
                onChange={(settings) => setForm({ ...form, settings })}
              />
            </>
          )}
          <YamlPane
            recipe={recipe}
            mode={mode}
            onForm={() => setPlace({ mode: undefined })}
            term="kind: Train"
            fileName="training.yaml"
          />
        </Stack>
        <Stack className={classes.side}>
          <EstimatePanel query={estimate} asked={asked}>
            {(data) => <Forecast estimate={data} />}
          </EstimatePanel>
          <RunForm label={t("training.run")} waits={waitsFor(form, shown)} order={order} yaml={yaml}>
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
    if (now && now.base === null) return t("training.waits.base");
    if (now && now.datasets.length === 0) return t("training.waits.data");
    if (!told) return t("studio.waits.estimate");
    if (told.findings.some(({ level }) => level === "stop")) return t("studio.waits.stopped");
    return now && !isModelName(now.model) ? t("studio.waits.place") : null;
  }
}
