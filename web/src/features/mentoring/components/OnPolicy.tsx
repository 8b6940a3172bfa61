import { Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "../../../components/Section";
import { SettingFields } from "../../../components/studio/SettingFields";
import type { Mapping } from "../../../lib/recipe";
import { ON_POLICY } from "../recipe/form";

interface Props {
  settings: Mapping;
  onChange: (settings: Mapping) => void;
}

/** A last stage: the student answers itself, its teachers score what it said. */
export function OnPolicy({ settings, onChange }: Props) {
  const { t } = useTranslation();
  const on = settings.on_policy != null;
  const { on_policy: _, ...others } = settings;
  return (
    <Section title={t("mentoring.onPolicy")} term={t("mentoring.onPolicyTerm")}>
      <Switch
        label={t("mentoring.onPolicyOn")}
        description={t("mentoring.onPolicyHint")}
        checked={on}
        onChange={(event) =>
          onChange(event.currentTarget.checked ? { ...others, on_policy: { steps: 50 } } : others)
        }
      />
      {on && (
        <SettingFields
          fields={ON_POLICY}
          settings={settings}
          // The stage stays asked for when all its settings are as by default.
          onChange={(changed) => onChange({ ...changed, on_policy: changed.on_policy ?? { steps: 50 } })}
        />
      )}
    </Section>
  );
}
