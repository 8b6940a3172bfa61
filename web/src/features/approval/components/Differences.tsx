import { Checkbox, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { useLabels } from "../../../lib/useLabels";

interface Props {
  differences: Approval["differences"];
  accepted: string[];
  /** null: they are shown and cannot be changed. */
  onChange: ((accepted: string[]) => void) | null;
}

/** What is not as in the base; each is accepted by name, or nothing is approved. */
export function Differences({ differences, accepted, onChange }: Props) {
  const { t } = useTranslation();
  const label = useLabels();
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
        </div>
      ))}
    </Stack>
  );
}
