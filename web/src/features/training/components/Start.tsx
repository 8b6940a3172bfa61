import { Group, Radio, Stack, Text } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Section } from "../../../components/Section";
import shared from "../../../components/studio/Studio.module.css";
import { VersionChoice } from "../../../components/studio/VersionChoice";
import { type Form, METHODS, type Method } from "../recipe/form";

interface Props {
  form: Form;
  onChange: (form: Form) => void;
}

/** Who is trained, and whether an adapter or all weights change. */
export function Start({ form, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Section title={t("training.who")} term={t("training.whoTerm")}>
      <VersionChoice
        label={t("training.base")}
        description={t("training.baseHint")}
        value={form.base}
        onChange={(base) => onChange({ ...form, base })}
        required
      />
      <Radio.Group
        label={t("training.method")}
        value={form.method}
        onChange={(value) => onChange({ ...form, method: value as Method })}
      >
        <div className={shared.cards}>
          {METHODS.map((method) => (
            <MethodCard key={method} method={method} />
          ))}
        </div>
      </Radio.Group>
    </Section>
  );
}

function MethodCard({ method }: { method: Method }) {
  const { t } = useTranslation();
  const hint = useId();
  return (
    <Radio.Card value={method} className={shared.card} aria-describedby={hint} radius="md">
      <Stack gap={4}>
        <Group gap="xs" wrap="nowrap">
          <Radio.Indicator size="xs" aria-hidden />
          <Text fw={600} size="sm">
            {t(`training.methods.${method}.name`)}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" id={hint}>
          {t(`training.methods.${method}.hint`)}
        </Text>
      </Stack>
    </Radio.Card>
  );
}
