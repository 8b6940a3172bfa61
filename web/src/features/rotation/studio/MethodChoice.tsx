import { Group, NumberInput, Radio, Stack, Text } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Section } from "../../../components/Section";
import { type Form, METHODS, type Method } from "../recipe/form";
import { RankChoice } from "./RankChoice";
import classes from "./Studio.module.css";

interface Props {
  form: Form;
  /** The ranks of the parents together; null while they are not known. */
  sum: number | null;
  /** The highest of their own ranks. */
  own: number;
  onChange: (form: Form) => void;
}

/** How the adapters become one, and how large that one is. */
export function MethodChoice({ form, sum, own, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Section title={t("rotation.how")} term={t("rotation.howTerm")}>
      <Radio.Group
        label={t("rotation.method")}
        value={form.method}
        onChange={(value) => onChange({ ...form, method: value as Method })}
      >
        <div className={classes.methods}>
          {METHODS.map((method) => (
            <MethodCard key={method} method={method} />
          ))}
        </div>
      </Radio.Group>
      {form.method !== "linear" && (
        <NumberInput
          label={t("rotation.scale")}
          description={t("rotation.scaleHint")}
          value={form.scale}
          min={0.05}
          max={10}
          step={0.05}
          decimalScale={4}
          onChange={(scale) => typeof scale === "number" && scale > 0 && onChange({ ...form, scale })}
          maw={320}
        />
      )}
      <RankChoice form={form} sum={sum} own={own} onChange={onChange} />
    </Section>
  );
}

function MethodCard({ method }: { method: Method }) {
  const { t } = useTranslation();
  const hint = useId();
  return (
    <Radio.Card value={method} className={classes.method} aria-describedby={hint} radius="md">
      <Stack gap={4}>
        <Group gap="xs" wrap="nowrap">
          <Radio.Indicator size="xs" aria-hidden />
          <Text fw={600} size="sm">
            {t(`rotation.methods.${method}.name`)}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" id={hint}>
          {t(`rotation.methods.${method}.hint`)}
        </Text>
      </Stack>
    </Radio.Card>
  );
}
