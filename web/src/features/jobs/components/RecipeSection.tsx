import { Button, Group, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { Section } from "../../../components/Section";
import { saveText } from "../../../lib/save";
import { examOrderQuery, isExamination } from "../api";
import { recipeOf } from "../recipe";

/** Exactly what was ordered, to take elsewhere: as YAML, or as the line that orders it again. */
export function RecipeSection({ job }: { job: Job }) {
  const { t } = useTranslation();
  const exam = useQuery({ ...examOrderQuery(job.id), enabled: isExamination(job) }).data;
  const recipe = useMemo(() => recipeOf(job, exam), [job, exam]);
  const [as, setAs] = useState<"yaml" | "command">("yaml");
  return (
    <Section
      title={t("jobs.recipe")}
      term={t("jobs.recipeTerm")}
      actions={
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label={t("jobs.recipeAs")}
            data={[
              { value: "yaml", label: "YAML" },
              { value: "command", label: t("jobs.commandLine") },
            ]}
            value={as}
            onChange={(value) => setAs(value === "command" ? "command" : "yaml")}
          />
          <Button
            size="xs"
            variant="default"
            onClick={() => saveText(`${job.kind}-${job.id}.yaml`, recipe.yaml)}
          >
            {t("jobs.saveRecipe")}
          </Button>
        </Group>
      }
    >
      <CopyBlock
        text={as === "yaml" ? recipe.yaml : recipe.command}
        what={as === "yaml" ? t("jobs.recipe") : t("jobs.commandLine")}
      />
    </Section>
  );
}
