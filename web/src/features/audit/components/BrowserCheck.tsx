import { Alert, Button, FileInput, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { anchorsQuery, EXPORT } from "../api";
import { readAnchors } from "../chain/anchors";
import { type Progress, useChain } from "../chain/useChain";
import type { Fault, Verdict } from "../chain/verify";

/** The whole chain recomputed in this browser, so that nobody has to believe the server's word. */
export function BrowserCheck() {
  const { t } = useTranslation();
  const anchors = useQuery(anchorsQuery);
  const [kept, setKept] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const { progress, start } = useChain();
  const own = readAnchors(kept);
  return (
    <Section title={t("audit.browser")} term={t("audit.browserTerm")}>
      <Text size="sm">{t("audit.browserHint")}</Text>
      <Group align="flex-start" grow preventGrowOverflow={false}>
        <FileInput
          label={t("audit.file")}
          description={t("audit.fileHint")}
          placeholder={t("audit.fileNone")}
          accept=".jsonl,application/x-ndjson"
          clearable
          clearButtonProps={{ "aria-label": t("audit.fileClear") }}
          value={file}
          onChange={setFile}
        />
        <Textarea
          label={t("audit.kept")}
          description={t("audit.keptHint")}
          error={own === null && t("audit.keptWrong")}
          value={kept}
          onChange={(event) => setKept(event.currentTarget.value)}
          autosize
          minRows={1}
          spellCheck={false}
          styles={{ input: { fontFamily: "monospace" } }}
        />
      </Group>
      <Group>
        <Button
          leftSection={<IconShieldCheck size={16} aria-hidden />}
          loading={progress.state === "running"}
          disabled={own === null || anchors.data === undefined}
          onClick={() =>
            start({ source: file ?? EXPORT, anchors: [...(anchors.data ?? []), ...(own ?? [])] })
          }
        >
          {t("audit.verifyHere")}
        </Button>
      </Group>
      <Outcome progress={progress} />
    </Section>
  );
}

function Outcome({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const formats = useFormats();
  switch (progress.state) {
    case "idle":
      return null;
    case "running":
      return (
        <Text size="sm" role="status">
          {t("audit.soFar", { number: formats.number(progress.entries) })}
        </Text>
      );
    case "unavailable":
      return <Alert color="orange">{t("audit.unavailable")}</Alert>;
    case "failed":
      return (
        <Alert color="red" title={t("audit.notRead")}>
          {progress.message}
        </Alert>
      );
    case "done":
      return <Found verdict={progress.verdict} />;
  }
}

function Found({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const sound = verdict.fault === null;
  const Mark = sound ? IconShieldCheck : IconShieldX;
  return (
    <Alert
      color={sound ? "teal" : "red"}
      icon={<Mark aria-hidden />}
      title={t(sound ? "audit.soundHere" : "audit.broken")}
      role="status"
    >
      <Stack gap="xs">
        {verdict.fault && <FaultText fault={verdict.fault} />}
        <Facts
          facts={[
            [t("audit.entries"), formats.number(verdict.entries)],
            [t("audit.head"), <Digest key="head" value={verdict.head} />],
            [t("audit.anchors"), formats.number(verdict.anchors)],
          ]}
        />
      </Stack>
    </Alert>
  );
}

function FaultText({ fault }: { fault: Fault }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const seq = formats.number(fault.seq);
  const anchored = fault.code === "cut_off" ? formats.number(fault.anchored) : "";
  return <Text size="sm">{t(`audit.faults.${fault.code}`, { seq, anchored })}</Text>;
}
