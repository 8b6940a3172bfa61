import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Mapping } from "../../lib/recipe";
import { Section } from "../Section";
import { SettingFields } from "./SettingFields";
import { changed, type Field } from "./settings";

interface Props {
  title: string;
  term: string;
  main: readonly Field[];
  /** Folded away: their defaults are good. */
  more: readonly Field[];
  settings: Mapping;
  onChange: (settings: Mapping) => void;
}

/** The settings that most people change, and all others behind a fold that says how many differ from their default. */
export function SettingsSection({ title, term, main, more, settings, onChange }: Props) {
  const { t } = useTranslation();
  const differ = changed(settings, more);
  return (
    <Section title={title} term={term}>
      <SettingFields fields={main} settings={settings} onChange={onChange} />
      <details>
        <Text component="summary" size="sm" mb="sm">
          {t("studio.moreSettings")}
          {differ > 0 && ` · ${t("studio.differ", { number: differ })}`}
        </Text>
        <SettingFields fields={more} settings={settings} onChange={onChange} />
      </details>
    </Section>
  );
}
