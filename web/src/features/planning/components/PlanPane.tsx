import { Button, Group, Select, Stack, Text, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, type Ref, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CareerPlan } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { Section } from "../../../components/Section";
import { useLabels } from "../../../lib/useLabels";
import { templatesQuery, useApplyPlan, useForecast } from "../api";
import { Forecast } from "./Forecast";

const MAX_LENGTH = 65_536;

interface Props {
  /** The plan as it is; without one a template is chosen to begin with. */
  yaml?: string;
  onApplied?: (plan: CareerPlan) => void;
  /** The field to begin with: the choice of a template. */
  first?: Ref<HTMLInputElement>;
}

/** The plan as text: written, changed and applied here. */
export function PlanPane({ yaml, onApplied, first }: Props): ReactNode {
  const { t } = useTranslation();
  const label = useLabels();
  const templates = useQuery({ ...templatesQuery, enabled: yaml === undefined });
  const [text, setText] = useState(yaml ?? "");
  const [template, setTemplate] = useState<string | null>(null);
  const apply = useApplyPlan(t("plans.applied"));
  const forecast = useForecast();
  const found = templates.data?.items ?? [];
  const chosen = found.find(({ name }) => name === template);
  const submit = () => apply.mutate(text, { onSuccess: (plan) => onApplied?.(plan) });
  return (
    <Section title={yaml === undefined ? t("plans.new") : t("plans.document")} term="kind: Plan">
      <Stack gap="sm">
        {yaml === undefined && (
          <>
            <Select
              ref={first}
              label={t("plans.template")}
              placeholder={t("plans.chooseTemplate")}
              data={found.map(({ name, title }) => ({
                value: name,
                label: label("plans.templates", name, title),
              }))}
              value={template}
              onChange={(name) => {
                setTemplate(name);
                setText(found.find((each) => each.name === name)?.yaml ?? text);
              }}
              maw="26rem"
            />
            {chosen && (
              <Text size="sm" c="dimmed">
                {label("plans.about", chosen.name, chosen.about)}
              </Text>
            )}
          </>
        )}
        <Text size="sm" c="dimmed">
          {t("plans.documentHint")}
        </Text>
        <Textarea
          aria-label={t("plans.document")}
          value={text}
          maxLength={MAX_LENGTH}
          onChange={(event) => {
            setText(event.currentTarget.value);
            forecast.reset();
          }}
          autosize
          minRows={8}
          maxRows={30}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
        />
        {apply.error && <ErrorBox error={apply.error} />}
        {forecast.error && <ErrorBox error={forecast.error} />}
        {forecast.data && <Forecast forecast={forecast.data} />}
        <Group>
          <Button
            variant="default"
            onClick={() => forecast.mutate(text)}
            loading={forecast.isPending}
            disabled={text.trim() === ""}
          >
            {t("plans.estimate")}
          </Button>
          <Button onClick={submit} loading={apply.isPending} disabled={text.trim() === ""}>
            {t("plans.apply")}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}
