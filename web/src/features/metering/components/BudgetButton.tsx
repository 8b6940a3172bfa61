import { Button, Group, Modal, NativeSelect, NumberInput, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Budget } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { type BudgetKind, useSetBudget } from "../api";

interface Props {
  /** The budget to change; without one a new one is made. */
  budget?: Budget;
  /** What a new department's budget is of at first. */
  department?: string;
}

const KINDS: BudgetKind[] = ["department", "endpoint", "key"];
const MICRO = 1_000_000;

/** Opens the form of a budget. */
export function BudgetButton({ budget, department }: Props) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const title = useId();
  return (
    <>
      <Button
        size={budget ? "compact-sm" : "sm"}
        variant={budget ? "default" : "filled"}
        aria-label={budget ? `${t("metering.change")}: ${budget.name}` : undefined}
        onClick={open}
      >
        {budget ? t("metering.change") : t("metering.setBudget")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={<span id={title}>{t("metering.setBudget")}</span>}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <BudgetForm budget={budget} department={department} close={close} title={title} />
      </Modal>
    </>
  );
}

function BudgetForm({ budget, department, close, title }: Props & { close: () => void; title: string }) {
  const { t } = useTranslation();
  const set = useSetBudget(t("metering.budgetSaved"));
  const [kind, setKind] = useState<BudgetKind>(budget?.kind ?? "department");
  const [subject, setSubject] = useState(budget?.subject ?? department ?? "");
  const [limit, setLimit] = useState(budget ? budget.limit_micro / MICRO : 1000);
  const [alert, setAlert] = useState(budget?.alert_percent ?? 80);
  const [onSpent, setOnSpent] = useState<Budget["on_spent"]>(budget?.on_spent ?? "reject");

  async function submit(event: FormEvent) {
    event.preventDefault();
    const terms = { limit_micro: Math.round(limit * MICRO), alert_percent: alert, on_spent: onSpent };
    try {
      await set.mutateAsync({ place: { kind, subject: subject.trim() }, terms });
      close();
    } catch {
      // Shown below; the form stays open.
    }
  }

  return (
    <form onSubmit={submit} aria-labelledby={title}>
      <Stack gap="sm">
        <NativeSelect
          label={t("metering.budgetKind")}
          data={KINDS.map((each) => ({ value: each, label: t(`metering.kind_${each}`) }))}
          value={kind}
          disabled={budget !== undefined}
          onChange={(event) => setKind(event.currentTarget.value as BudgetKind)}
        />
        <TextInput
          label={t("metering.budgetOf")}
          description={t(`metering.subject_${kind}`)}
          value={subject}
          required
          disabled={budget !== undefined}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
        <NumberInput
          label={t("metering.limit")}
          description={t("metering.limitHint")}
          value={limit}
          min={0}
          onChange={(value) => setLimit(Number(value))}
        />
        <NumberInput
          label={t("metering.alertAt")}
          value={alert}
          min={1}
          max={100}
          suffix=" %"
          onChange={(value) => setAlert(Number(value))}
        />
        <NativeSelect
          label={t("metering.onSpent")}
          data={(["reject", "alert"] as const).map((each) => ({
            value: each,
            label: t(`metering.onSpent_${each}`),
          }))}
          value={onSpent}
          onChange={(event) => setOnSpent(event.currentTarget.value as Budget["on_spent"])}
        />
        {set.error && <ErrorBox error={set.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={set.isPending}>
            {t("metering.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
