import { Alert, NumberInput, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { ReasonButton } from "../../../components/ReasonButton";
import { useLabels } from "../../../lib/useLabels";
import { useRenew } from "../api";

/** Why it cannot be signed as it is, and the way on for whoever may ask again. */
export function Renew({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  const label = useLabels();
  const [version, setVersion] = useState<number | string>("");
  const renew = useRenew(approval.id, t("approval.renewed"));
  const waits = approval.state === "changes_requested";
  if (!waits && approval.void_because === null) return null;
  return (
    <Alert
      color={waits ? "orange" : "gray"}
      icon={<IconAlertTriangle aria-hidden />}
      title={t(waits ? "approval.changesWanted" : "approval.noLonger")}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          {waits
            ? t("approval.changesWantedHint")
            : label("approval.voidBecause", approval.void_because ?? "")}
        </Text>
        {approval.may_renew && (
          <ReasonButton
            label={t("approval.renew")}
            explanation={t("approval.renewHint")}
            onConfirm={(text) => renew.mutateAsync({ text, version: Number(version) || null })}
          >
            <NumberInput
              label={t("approval.otherVersion")}
              description={t("approval.otherVersionHint")}
              value={version}
              onChange={setVersion}
              min={1}
              max={2 ** 31 - 1}
              allowDecimal={false}
              hideControls
            />
          </ReasonButton>
        )}
        {!approval.may_renew && <Text size="sm">{t("approval.askAnew")}</Text>}
      </Stack>
    </Alert>
  );
}
