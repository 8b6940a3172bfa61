import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "../../../components/Section";
import { Dial } from "../../../components/studio/Dial";
import { settingOf, withValue } from "../../../components/studio/settings";
import { useFormats } from "../../../lib/useFormats";
import type { Estimate } from "../api";
import { BUDGET, type Form } from "../recipe/form";

/** The slider reaches this far; the field beside it further. */
const LONG = 1_000;

interface Props {
  form: Form;
  estimate: Estimate | undefined;
  onChange: (form: Form) => void;
}

/** How long the student learns, with what that takes beside it. */
export function Budget({ form, estimate, onChange }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const steps = settingOf(form.settings, BUDGET);
  return (
    <Section title={t("mentoring.budget")} term={t("mentoring.budgetTerm")}>
      <Dial
        label={t("training.steps")}
        of={t("mentoring.budget")}
        value={typeof steps === "number" ? steps : BUDGET.default}
        min={10}
        max={LONG}
        most={BUDGET.max}
        step={BUDGET.step}
        onChange={(value) => {
          const whole = Math.max(1, Math.round(value));
          onChange({ ...form, settings: withValue(form.settings, BUDGET, whole) });
        }}
      />
      <Text size="sm" c="dimmed" aria-live="polite">
        {estimate
          ? t("mentoring.budgetTakes", {
              time: formats.duration(Math.round(estimate.estimate.seconds ?? 0)),
              memory: formats.bytes(estimate.estimate.memory),
            })
          : t("studio.estimateWaits")}
      </Text>
    </Section>
  );
}
