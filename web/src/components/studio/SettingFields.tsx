import { NativeSelect, NumberInput, SimpleGrid, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Mapping } from "../../lib/recipe";
import { type Field, settingOf, withValue } from "./settings";

interface Props {
  fields: readonly Field[];
  settings: Mapping;
  onChange: (settings: Mapping) => void;
}

/** One field for each setting, with its default until somebody says otherwise. */
export function SettingFields({ fields, settings, onChange }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
      {fields.map((field) => (
        <SettingField
          key={field.name}
          field={field}
          value={settingOf(settings, field)}
          onChange={(value) => onChange(withValue(settings, field, value))}
        />
      ))}
    </SimpleGrid>
  );
}

interface FieldProps {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
}

function SettingField({ field, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const key = field.name.replace(".", "_") as "steps";
  const label = t(`studio.settings.${key}.label`);
  const description = t(`studio.settings.${key}.hint`);
  if (field.kind === "switch") {
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
        mt={4}
      />
    );
  }
  if (field.kind === "word") {
    return (
      <NativeSelect
        label={label}
        description={description}
        value={String(value)}
        data={field.words.map((word) => ({ value: word, label: t(`studio.words.${word as "auto"}`) }))}
        onChange={(event) => onChange(event.currentTarget.value)}
        inputWrapperOrder={["label", "input", "description", "error"]}
      />
    );
  }
  return (
    <NumberInput
      label={label}
      description={description}
      value={typeof value === "number" ? value : ""}
      placeholder={field.default === null ? t("studio.byItself") : undefined}
      min={field.min}
      max={field.max}
      step={field.step ?? 1}
      allowDecimal={field.kind === "number"}
      allowNegative={false}
      clampBehavior="blur"
      onChange={(given) => {
        if (given === "" || given === "-") onChange(field.default);
        else if (typeof given === "number" && Number.isFinite(given) && given >= field.min) onChange(given);
      }}
      inputWrapperOrder={["label", "input", "description", "error"]}
    />
  );
}
