import { Checkbox, Code, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";
import { differencesQuery } from "../api";

interface Props {
  approval: string;
  differences: Approval["differences"];
  accepted: string[];
  /** null: they are shown and cannot be changed. */
  onChange: ((accepted: string[]) => void) | null;
}

/** What is not as in the base, line by line; each is accepted by name, or nothing is approved. */
export function Differences({ approval, differences, accepted, onChange }: Props) {
  const { t } = useTranslation();
  const label = useLabels();
  const { data } = useQuery({ ...differencesQuery(approval), enabled: differences.length > 0 });
  const shown = (name: string) => data?.find((each) => each.name === name);
  if (differences.length === 0) return null;
  return (
    <Stack gap={6}>
      <Text size="sm">{t("approval.differences")}</Text>
      {differences.map(({ name, what, file, of, own, base }) => (
        <div key={name}>
          <Checkbox
            checked={accepted.includes(name)}
            disabled={onChange === null}
            label={t("approval.acceptDifference", { what: label("part", what), file, of })}
            onChange={({ currentTarget: { checked } }) =>
              onChange?.(checked ? [...accepted, name] : accepted.filter((each) => each !== name))
            }
          />
          <Text size="xs" c="dimmed" ml={30} style={{ overflowWrap: "anywhere" }}>
            {base ?? "–"} → {own ?? "–"}
          </Text>
          {shown(name) && (
            <Code block tabIndex={0} mt={4} mah={320} style={{ overflow: "auto" }} aria-label={file}>
              {shown(name)?.unified_diff}
            </Code>
          )}
          {shown(name)?.cut && <Text size="sm">{t("approval.differenceCut")}</Text>}
        </div>
      ))}
    </Stack>
  );
}
