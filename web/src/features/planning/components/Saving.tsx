import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PlanRow } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { Section } from "../../../components/Section";
import { CURRENCY } from "../../../lib/currency";
import { useFormats } from "../../../lib/useFormats";

/** What the plan has cost, and what it did not have to do because other plans had. */
export function Saving({ saving }: { saving: PlanRow["saving"] }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Section title={t("plans.cost")} term={t("plans.costTerm")}>
      <Facts
        facts={[
          [t("plans.spentTime"), formats.duration(saving.spent_seconds)],
          [t("plans.spentMoney"), formats.money(saving.spent_micro, CURRENCY)],
          [t("plans.savedTime"), formats.duration(saving.saved_seconds)],
          [t("plans.savedMoney"), formats.money(saving.saved_micro, CURRENCY)],
          [t("plans.sharedStages"), formats.number(saving.shared_stages)],
        ]}
      />
    </Section>
  );
}
