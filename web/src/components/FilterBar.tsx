import { Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export function FilterBar({ children }: { children: ReactNode }) {
  return (
    <search>
      <Group gap="sm" align="flex-end">
        {children}
      </Group>
    </search>
  );
}

interface ChoiceProps {
  label: string;
  value: string | undefined;
  choices: { value: string; label: string }[];
  onChange: (value: string | undefined) => void;
}

export function FilterChoice({ label, value, choices, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <Select
      label={label}
      placeholder={t("common.all")}
      value={value ?? null}
      data={choices}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      clearable
      clearButtonProps={{ "aria-label": t("common.clearFilter", { what: label }) }}
      w={{ base: "100%", xs: 180 }}
    />
  );
}

interface TextProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** Tells what was typed when the typing pauses. */
export function FilterText({ label, value, onChange }: TextProps) {
  const tell = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), 300);
  return (
    <TextInput
      label={label}
      type="search"
      defaultValue={value ?? ""}
      onChange={(event) => tell(event.currentTarget.value)}
      leftSection={<IconSearch size={16} aria-hidden />}
      w={{ base: "100%", xs: 240 }}
    />
  );
}
