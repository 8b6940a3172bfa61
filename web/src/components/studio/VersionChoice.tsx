import { Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { versionChoicesQuery } from "../../api/choices";
import { parseRef } from "../../lib/refs";
import { useFormats } from "../../lib/useFormats";
import { useLabels } from "../../lib/useLabels";

interface Props {
  label: string;
  description?: string;
  value: string | null;
  onChange: (ref: string | null) => void;
  required?: boolean;
}

/** A version of the directory: found by words, or named exactly as department/model@3. */
export function VersionChoice({ label, description, value, onChange, required }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const words = useLabels();
  const [typed, setTyped] = useState("");
  const [asked] = useDebouncedValue(typed === value ? "" : typed.trim(), 250);
  const named = parseRef(asked);
  const found = useQuery(versionChoicesQuery(named ? `${named.department} ${named.model}` : asked));
  const versions = new Map(
    (found.data?.items ?? []).flatMap(({ latest }) => (latest ? [[latest.ref, latest]] : [])),
  );
  const exact = named?.number != null ? [asked] : [];
  return (
    <Select
      label={label}
      description={description}
      placeholder={t("studio.chooseVersion")}
      data={[...new Set([...exact, ...(value ? [value] : []), ...versions.keys()])]}
      value={value}
      onChange={onChange}
      searchValue={typed}
      onSearchChange={setTyped}
      searchable
      clearable
      required={required}
      // The server has searched already.
      filter={({ options }) => options}
      clearButtonProps={{ "aria-label": t("common.clear") }}
      nothingFoundMessage={found.isFetching ? t("common.loading") : t("common.nothingFound")}
      renderOption={({ option }) => {
        const version = versions.get(option.value);
        return (
          <div>
            <Text size="sm">{option.value}</Text>
            {version && (
              <Text size="xs" c="dimmed">
                {[
                  words("kind.version", version.kind),
                  words("state.version", version.state),
                  formats.short(version.parameters),
                  version.license,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </Text>
            )}
          </div>
        );
      }}
    />
  );
}
