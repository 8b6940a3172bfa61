import { ActionIcon, Autocomplete, Group, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLabels } from "../../../lib/useLabels";
import { suitesQuery } from "../api";
import {
  type Draft,
  MEASURES,
  type Measure,
  mayMissSuite,
  needsMargin,
  needsReference,
  needsShare,
} from "./rules";

interface Props {
  value: Draft;
  number: number;
  onChange: (value: Draft) => void;
  onRemove: (() => void) | null;
}

/** One rule: what is measured, in which exam, and what it has to reach. */
export function RuleFields({ value, number, onChange, onRemove }: Props) {
  const { t } = useTranslation();
  const label = useLabels();
  const suites = useQuery(suitesQuery());
  const set = (changed: Partial<Draft>) => onChange({ ...value, ...changed });
  const { measure } = value;
  return (
    <Group
      component="fieldset"
      align="flex-end"
      gap="sm"
      m={0}
      p="sm"
      bd="1px solid var(--mantine-color-default-border)"
      aria-label={t("exams.ruleNumber", { number })}
    >
      <NativeSelect
        label={t("exams.measure")}
        value={measure}
        data={MEASURES.map((each) => ({ value: each, label: label("measure", each) }))}
        onChange={(event) => set({ measure: event.currentTarget.value as Measure })}
      />
      <Autocomplete
        label={t("exams.exam")}
        placeholder={mayMissSuite(measure) ? t("exams.everyExam") : undefined}
        data={suites.data?.items.map(({ name }) => name) ?? []}
        value={value.suite}
        onChange={(suite) => set({ suite })}
        required={!mayMissSuite(measure)}
      />
      {needsReference(measure) && (
        <TextInput
          label={t("exams.reference")}
          placeholder="support/assistant@3"
          value={value.reference}
          onChange={(event) => set({ reference: event.currentTarget.value })}
          required
        />
      )}
      {(needsShare(measure) || needsMargin(measure)) && (
        <NumberInput
          label={t(needsMargin(measure) ? "exams.margin" : "exams.atLeast")}
          suffix=" %"
          min={0}
          max={measure === "relative" ? 1000 : 100}
          decimalScale={3}
          value={value.percent}
          onChange={(percent) => set({ percent })}
          required
          w={140}
          hideControls
        />
      )}
      {onRemove && (
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={t("exams.removeRule", { number })}
          onClick={onRemove}
        >
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      )}
    </Group>
  );
}
