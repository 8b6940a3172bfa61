import { Checkbox, MultiSelect, NativeSelect, NumberInput, SimpleGrid, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { METHODS, SEEING, SERVED } from "../recipe/form";
import { readNumbers, SAMPLERS, type Space } from "../recipe/space";

const SUM = "sum";

/** What a search tries; what is left empty stays as the recipe says. */
export function SpaceForm({ space, onChange }: { space: Space; onChange: (space: Space) => void }) {
  const { t } = useTranslation();
  const clear = { "aria-label": t("common.clear") };
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <MultiSelect
          label={t("rotation.tryMethods")}
          placeholder={space.methods.length === 0 ? t("rotation.asRecipe") : undefined}
          data={METHODS.filter((method) => !SEEING.includes(method)).map((value) => ({
            value,
            label: t(`rotation.methods.${value}.name`),
          }))}
          value={space.methods}
          onChange={(methods) => onChange({ ...space, methods })}
          maxValues={8}
          clearable
          clearButtonProps={clear}
        />
        <MultiSelect
          label={t("rotation.tryRanks")}
          placeholder={space.ranks.length === 0 ? t("rotation.asRecipe") : undefined}
          data={[
            { value: SUM, label: t("rotation.rankSum") },
            ...SERVED.map((rank) => ({ value: String(rank), label: String(rank) })),
          ]}
          value={space.ranks.map((rank) => (rank === null ? SUM : String(rank)))}
          onChange={(ranks) =>
            onChange({ ...space, ranks: ranks.map((rank) => (rank === SUM ? null : Number(rank))) })
          }
          clearable
          clearButtonProps={clear}
        />
        <Numbers
          label={t("rotation.tryScales")}
          value={space.scales}
          onChange={(scales) => onChange({ ...space, scales })}
        />
        <Numbers
          label={t("rotation.tryDensities")}
          value={space.densities}
          most={1}
          onChange={(densities) => onChange({ ...space, densities })}
        />
        <NumberInput
          label={t("rotation.trials")}
          description={t("rotation.trialsHint")}
          value={space.trials}
          min={1}
          max={1000}
          allowDecimal={false}
          onChange={(trials) =>
            typeof trials === "number" &&
            trials >= 1 &&
            onChange({ ...space, trials: Math.min(1000, trials) })
          }
        />
        <NativeSelect
          label={t("rotation.sampler")}
          description={t("rotation.samplerHint")}
          value={space.sampler}
          onChange={(event) => onChange({ ...space, sampler: event.currentTarget.value as Space["sampler"] })}
          data={SAMPLERS.map((value) => ({ value, label: t(`rotation.samplers.${value}`) }))}
        />
      </SimpleGrid>
      <Checkbox
        label={t("rotation.tryWeights")}
        checked={space.weights}
        onChange={(event) => onChange({ ...space, weights: event.currentTarget.checked })}
      />
    </>
  );
}

interface NumbersProps {
  label: string;
  value: number[];
  most?: number;
  onChange: (numbers: number[]) => void;
}

/** A list of numbers, taken when the field is left. */
function Numbers({ label, value, most = 100, onChange }: NumbersProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value.join(" "));
  return (
    <TextInput
      label={label}
      placeholder={t("rotation.asRecipe")}
      description={t("rotation.numbersHint")}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => {
        const found = readNumbers(typed).filter((each) => each <= most);
        setTyped(found.join(" "));
        onChange(found);
      }}
    />
  );
}
