import { Alert, Code, Group, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Approval } from "../../../api/types";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useDecide } from "../api";
import { placeOf } from "../place";
import { Differences } from "./Differences";

/** The three buttons; disabled with the reason when the decision is not this person's. */
export function Decision({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const why = useId();
  const [accepted, setAccepted] = useState<string[]>([]);
  const { approve, reject, changes } = useDecide(approval, {
    approve: t("approval.approved"),
    reject: t("approval.rejected"),
    changes: t("approval.changesAsked"),
  });

  if (approval.state !== "pending") {
    return (
      <Section title={t("approval.decision")}>
        <Text>
          {label("state.approval", approval.state)}
          {approval.decided_by && ` · ${approval.decided_by}`}
          {approval.decided_at && ` · ${formats.date(approval.decided_at)}`}
        </Text>
        {approval.reason && <Text style={{ whiteSpace: "pre-line" }}>{approval.reason}</Text>}
        <Differences
          approval={approval.id}
          differences={approval.differences}
          accepted={approval.accepted_differences}
          onChange={null}
        />
      </Section>
    );
  }
  const blocked = !approval.may_decide;
  return (
    <Section title={t("approval.decision")}>
      <Stack gap="sm">
        {blocked && (
          <Alert id={why} color="gray" icon={<IconLock aria-hidden />} title={t("approval.youMayNotDecide")}>
            {label("approval.mayNot", approval.may_not_because ?? "")}
          </Alert>
        )}
        <Differences
          approval={approval.id}
          differences={approval.differences}
          accepted={accepted}
          onChange={blocked ? null : setAccepted}
        />
        <Text size="sm" c="dimmed">
          {t("approval.sealHint")} <Code>{approval.seal.slice(7, 19)}</Code>
        </Text>
        <Group>
          <ReasonButton
            label={t("approval.approve")}
            color="teal"
            disabled={blocked || approval.differences.some(({ name }) => !accepted.includes(name))}
            describedBy={blocked ? why : undefined}
            explanation={t("approval.approveHint", {
              version: approval.version,
              endpoint: placeOf(approval),
            })}
            onConfirm={(reason) => approve.mutateAsync({ reason, accepted })}
          />
          <ReasonButton
            label={t("approval.requestChanges")}
            variant="default"
            disabled={blocked}
            describedBy={blocked ? why : undefined}
            explanation={t("approval.requestChangesHint")}
            onConfirm={(reason) => changes.mutateAsync(reason)}
          />
          <ReasonButton
            label={t("approval.reject")}
            color="red"
            variant="light"
            disabled={blocked}
            describedBy={blocked ? why : undefined}
            explanation={t("approval.rejectHint")}
            onConfirm={(reason) => reject.mutateAsync(reason)}
          />
        </Group>
      </Stack>
    </Section>
  );
}
