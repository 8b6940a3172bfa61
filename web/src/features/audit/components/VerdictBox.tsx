import { Alert } from "@mantine/core";
import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Verdict } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";

/** Whether the chain of hashes holds from the first entry to the last. */
export function VerdictBox({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const Mark = verdict.sound ? IconShieldCheck : IconShieldX;
  return (
    <Alert
      color={verdict.sound ? "teal" : "red"}
      icon={<Mark aria-hidden />}
      title={t(verdict.sound ? "audit.sound" : "audit.broken")}
      role="status"
    >
      <Facts
        facts={[
          [t("audit.entries"), formats.number(verdict.entries)],
          [t("audit.head"), verdict.head && <Digest value={verdict.head} />],
          [t("audit.anchors"), formats.number(verdict.anchors)],
          [t("audit.fault"), said(verdict.fault)],
        ]}
      />
    </Alert>
  );
}
