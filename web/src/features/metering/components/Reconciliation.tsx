import { Alert, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Bill } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";

/** Whether the total is the sum of its parts; the server has compared, from the ledger. */
export function Reconciliation({ bill }: { bill: Bill }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const words = {
    total: formats.money(bill.total_micro, bill.currency),
    tokens: formats.money(bill.total.cost_micro, bill.currency),
    compute: formats.money(bill.compute_micro, bill.currency),
  };
  const Mark = bill.reconciled ? IconCircleCheck : IconCircleX;
  return (
    <Alert color={bill.reconciled ? "teal" : "red"} icon={<Mark aria-hidden />} role="status">
      <Text size="sm" fw={600}>
        {t(bill.reconciled ? "metering.reconciled" : "metering.notReconciled", words)}
      </Text>
    </Alert>
  );
}
