import { Group, NumberInput, Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import { type Form, SERVED } from "../recipe/form";

interface Props {
  form: Form;
  sum: number | null;
  /** The highest of the parents' own ranks. */
  own: number;
  onChange: (form: Form) => void;
}

type Choice = "sum" | "servable" | "number" | "full";

function chosen({ output, rank }: Form): Choice {
  if (output === "full") return "full";
  if (rank === null) return "sum";
  return rank === "servable" ? "servable" : "number";
}

/** The largest step of the engines between the parents' own rank and the whole one; all of it where there is none. */
function step(sum: number, own: number): number {
  return SERVED.findLast((each) => own <= each && each <= sum) ?? Math.min(sum, SERVED.at(-1) ?? sum);
}

/** All of it, what an engine serves, a number, or a whole model. */
export function RankChoice({ form, sum, own, onChange }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const choice = chosen(form);
  const number = typeof form.rank === "number" ? form.rank : step(sum ?? 16, own);
  const take = (value: Choice) => {
    const rank = { sum: null, servable: "servable", number, full: null }[value] as Form["rank"];
    onChange({ ...form, rank, output: value === "full" ? "full" : "adapter" });
  };
  return (
    <Stack gap="xs">
      <Radio.Group
        label={t("rotation.size")}
        description={t("rotation.sizeHint")}
        value={choice}
        onChange={(value) => take(value as Choice)}
      >
        <Stack gap={6} mt="xs">
          <Radio
            value="sum"
            label={
              sum === null ? t("rotation.rankSum") : t("rotation.rankSumIs", { rank: formats.number(sum) })
            }
            description={t("rotation.rankSumHint")}
          />
          <Radio
            value="servable"
            label={
              sum === null
                ? t("rotation.rankServable")
                : t("rotation.rankServableIs", { rank: formats.number(step(sum, own)) })
            }
            description={t("rotation.rankServableHint")}
          />
          <Group align="center" gap="sm">
            <Radio value="number" label={t("rotation.rankNumber")} />
            {choice === "number" && (
              <NumberInput
                aria-label={t("rotation.rank")}
                value={number}
                min={1}
                max={1024}
                allowDecimal={false}
                size="xs"
                w={100}
                onChange={(rank) =>
                  typeof rank === "number" &&
                  Number.isInteger(rank) &&
                  rank > 0 &&
                  onChange({ ...form, rank })
                }
              />
            )}
          </Group>
          <Radio value="full" label={t("rotation.rankFull")} description={t("rotation.rankFullHint")} />
        </Stack>
      </Radio.Group>
    </Stack>
  );
}
