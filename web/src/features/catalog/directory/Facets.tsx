import { Badge, NumberInput, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import type { Facets as Counts } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import classes from "./Directory.module.css";
import {
  chosenOf,
  type DirectoryFilters,
  FACETS,
  type Facet,
  parseSkill,
  pressed,
  writeSkill,
} from "./filters";

interface Props {
  counts: Counts | undefined;
  filters: DirectoryFilters;
  onChange: (changed: DirectoryFilters) => void;
}

const FEW = 8;

/** What the list can be narrowed by, each with the number of models that are left then. */
export function Facets({ counts, filters, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <div>
      {FACETS.map((facet) => (
        <OneFacet
          key={facet}
          facet={facet}
          values={counts?.[facet] ?? []}
          chosen={chosenOf(filters, facet)}
          onPress={(value) => onChange(pressed(filters, facet, value))}
        />
      ))}
      {(filters.skill ?? []).map((text) => (
        <Floor
          key={parseSkill(text).suite}
          text={text}
          onChange={(now) => onChange({ skill: filters.skill?.map((each) => (each === text ? now : each)) })}
        />
      ))}
      {counts?.cut && (
        <Text size="xs" c="dimmed">
          {t("directory.facetsCut")}
        </Text>
      )}
    </div>
  );
}

interface FacetProps {
  facet: Facet;
  values: { value: string; count: number }[];
  chosen: string[];
  onPress: (value: string) => void;
}

function OneFacet({ facet, values, chosen, onPress }: FacetProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const show = useShown(facet);
  const [all, setAll] = useState(false);
  const missing = chosen.filter((value) => !values.some((each) => each.value === value));
  const listed: { value: string; count: number | null }[] = [
    ...missing.map((value) => ({ value, count: null })),
    ...values,
  ];
  if (listed.length === 0) return null;
  const some = all ? listed : listed.filter(({ value }, at) => at < FEW || chosen.includes(value));
  return (
    <fieldset className={classes.facet}>
      <Text component="legend" size="sm" fw={600} mb={2}>
        {t(`directory.facet.${facet}`)}
      </Text>
      {some.map(({ value, count }) => {
        const on = chosen.includes(value);
        return (
          <UnstyledButton
            key={value}
            className={classes.choice}
            aria-pressed={on}
            onClick={() => onPress(value)}
            data-on={on || undefined}
          >
            <Text span size="sm" style={{ overflowWrap: "anywhere" }}>
              {on && (
                <IconCheck size={14} aria-hidden style={{ verticalAlign: "-2px", marginInlineEnd: 4 }} />
              )}
              {show(value)}
            </Text>
            {count !== null && (
              <Badge variant="default" size="sm" fw={500} style={{ flexShrink: 0 }}>
                {formats.number(count)}
              </Badge>
            )}
          </UnstyledButton>
        );
      })}
      {listed.length > some.length && (
        <UnstyledButton className={classes.choice} onClick={() => setAll(true)}>
          <Text span size="sm" c="var(--mantine-color-anchor)">
            {t("directory.allValues", { number: listed.length })}
          </Text>
        </UnstyledButton>
      )}
    </fieldset>
  );
}

/** The words for a facet's values. */
function useShown(facet: Facet): (value: string) => string {
  const label = useLabels();
  const departments = useDepartmentChoices();
  const formats = useFormats();
  if (facet === "kind") return (value) => label("kind.version", value);
  if (facet === "state") return (value) => label("state.version", value);
  if (facet === "department")
    return (value) => departments.find((each) => each.value === value)?.label ?? value;
  if (facet === "language") return formats.language;
  return (value) => value;
}

/** The least score for a suite that is chosen, in percent. */
function Floor({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const { suite, floor } = parseSkill(text);
  return (
    <Stack gap={0} mb="sm">
      <NumberInput
        size="xs"
        label={t("directory.floor", { suite })}
        value={Math.round(floor * 100)}
        min={0}
        max={100}
        step={5}
        suffix=" %"
        onChange={(value) => onChange(writeSkill({ suite, floor: Number(value) / 100 }))}
      />
    </Stack>
  );
}
