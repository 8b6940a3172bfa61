import {
  Alert,
  Button,
  Group,
  NativeSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { IconSchool } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Section } from "../../../components/Section";
import { datasetsQuery, type Plan } from "../api";
import { type Finish, type Form, LOSSES, NEW_FINISH, type Prompts, SEEING } from "../recipe/form";

interface Props {
  form: Form;
  plan: Plan | undefined;
  onChange: (form: Form) => void;
}

/** After the merge, a short mentoring by the parents on questions without answers. */
export function FinishForm({ form, plan, onChange }: Props) {
  const { t } = useTranslation();
  const { finish } = form;
  const change = (next: Finish | null) => onChange({ ...form, finish: next });
  return (
    <Section title={t("rotation.finish")} term={t("rotation.finishTerm")}>
      <Text size="sm" c="dimmed">
        {t("rotation.finishHint")}
      </Text>
      {!finish && plan?.findings.some(({ code }) => code === "finish_offered") && (
        <Alert color="teal" icon={<IconSchool aria-hidden />}>
          <Group justify="space-between">
            {t("rotation.finishOffer")}
            <Button size="xs" onClick={() => change(NEW_FINISH)}>
              {t("rotation.finishOn")}
            </Button>
          </Group>
        </Alert>
      )}
      <Switch
        label={t("rotation.finishOn")}
        checked={finish !== null}
        onChange={(event) => change(event.currentTarget.checked ? NEW_FINISH : null)}
      />
      {finish && (
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NumberInput
              label={t("rotation.steps")}
              value={finish.steps}
              min={1}
              max={100_000}
              allowDecimal={false}
              onChange={(steps) => typeof steps === "number" && steps > 0 && change({ ...finish, steps })}
            />
            <NativeSelect
              label={t("rotation.loss")}
              value={finish.loss}
              onChange={(event) => change({ ...finish, loss: event.currentTarget.value as Finish["loss"] })}
              data={LOSSES.map((loss) => ({ value: loss, label: t(`rotation.losses.${loss}`) }))}
            />
          </SimpleGrid>
          <PromptChoices
            form={form}
            prompts={finish.prompts}
            planned={promptsOf(plan)}
            onChange={(prompts) => change({ ...finish, prompts })}
          />
        </Stack>
      )}
      {SEEING.includes(form.method) && (
        <PromptChoices
          form={form}
          prompts={form.prompts}
          planned={[]}
          label={t("rotation.methodPrompts")}
          onChange={(prompts) => onChange({ ...form, prompts })}
        />
      )}
    </Section>
  );
}

/** The questions that the server would take for the finish. */
function promptsOf(plan: Plan | undefined): Prompts[] {
  const found = plan?.finish?.prompts;
  if (!Array.isArray(found)) return [];
  return found.flatMap((each: Record<string, unknown>) => {
    const version = each.version ?? each.ref;
    if (typeof version !== "string" || typeof each.dataset !== "string") return [];
    return [{ version, dataset: each.dataset, split: null, limit: null }];
  });
}

interface ChoiceProps {
  form: Form;
  prompts: Prompts[];
  planned: Prompts[];
  label?: string;
  onChange: (prompts: Prompts[]) => void;
}

/** Whose questions stand for which parent; without a choice, what the parent was trained on. */
function PromptChoices({ form, prompts, planned, label, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  const datasets = useQuery(datasetsQuery);
  const known = (datasets.data?.items ?? []).flatMap(({ latest }) => (latest ? [latest.ref] : []));
  const choose = (version: string, dataset: string | null) => {
    const others = prompts.filter((each) => each.version !== version);
    onChange(dataset ? [...others, { version, dataset, split: null, limit: null }] : others);
  };
  return (
    <Stack gap="xs" role="group" aria-label={label ?? t("rotation.prompts")}>
      <Text size="sm" fw={500}>
        {label ?? t("rotation.prompts")}
      </Text>
      <Text size="xs" c="dimmed">
        {t("rotation.promptsHint")}
      </Text>
      {form.parents.map(({ ref }) => {
        const mine = prompts.find((each) => each.version === ref)?.dataset ?? null;
        const byItself = planned.find((each) => each.version === ref)?.dataset;
        return (
          <Select
            key={ref}
            label={ref}
            placeholder={byItself ?? t("rotation.ownMaterial")}
            data={[...new Set([...(mine ? [mine] : []), ...known])]}
            value={mine}
            onChange={(dataset) => choose(ref, dataset)}
            searchable
            clearable
            clearButtonProps={{ "aria-label": t("common.clear") }}
            nothingFoundMessage={t("common.nothingFound")}
          />
        );
      })}
    </Stack>
  );
}
