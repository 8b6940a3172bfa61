import { Button, Group, Progress, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconPlayerPause,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { useErrorText } from "../../../lib/useErrorText";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import type { Checked } from "./checks";
import { HeaderPreview } from "./HeaderPreview";
import type { Sending } from "./queue";
import { adviceFor, type Refused } from "./refusal";

interface Props {
  files: Checked[];
  sending: readonly Sending[];
  /** What the intake of the server said about one of them. */
  refused: Refused | null;
  onRemove: ((path: string) => void) | null;
}

/** Every file with what is known of it: why it stays behind, how much of it is there, what the server said. */
export function FileTable({ files, sending, refused, onRemove }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [open, setOpen] = useState<string | null>(null);
  const sent = new Map(sending.map((each) => [each.path, each]));
  const opened = files.find((file) => file.path === open);
  return (
    <>
      <DataTable
        caption={t("register.files")}
        rows={files}
        rowKey={(file) => file.path}
        columns={[
          { key: "path", header: t("common.name"), render: (file) => <code>{file.path}</code> },
          {
            key: "size",
            header: t("catalog.size"),
            numeric: true,
            render: (file) => formats.bytes(file.size),
          },
          {
            key: "state",
            header: t("common.state"),
            render: (file) => (
              <FileState
                file={file}
                sending={sent.get(file.path)}
                refused={refused?.file === file.path ? refused : null}
              />
            ),
          },
          {
            key: "actions",
            header: t("common.actions"),
            render: (file) => (
              <Group gap={6}>
                {file.path.endsWith(".safetensors") && file.refusal === null && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-expanded={open === file.path}
                    onClick={() => setOpen(open === file.path ? null : file.path)}
                  >
                    {t("personnel.tensors")}
                  </Button>
                )}
                {onRemove && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t("register.removeFile", { path: file.path })}
                    onClick={() => onRemove(file.path)}
                  >
                    {t("register.remove")}
                  </Button>
                )}
              </Group>
            ),
          },
        ]}
      />
      {opened && <HeaderPreview key={opened.path} path={opened.path} file={opened.file} />}
    </>
  );
}

function FileState({
  file,
  sending,
  refused,
}: {
  file: Checked;
  sending: Sending | undefined;
  refused: Refused | null;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const errorText = useErrorText();
  const said = useSaid();
  if (refused)
    return <Bad title={said(refused.message)} advice={t(`register.advice.${adviceFor(refused.reason)}`)} />;
  if (file.refusal) {
    return <Bad title={t(`register.refusal.${file.refusal}`)} advice={t("register.staysBehind")} soft />;
  }
  if (!sending) return <Text size="sm">{t("register.state.ready")}</Text>;
  if (sending.state === "failed") {
    const { title, detail } = errorText(sending.error);
    return <Bad title={title} advice={detail || t("register.advice.again")} />;
  }
  const share = sending.size === 0 ? 1 : sending.sent / sending.size;
  const Mark = { whole: IconCircleCheck, waiting: IconClock, paused: IconPlayerPause, sending: null }[
    sending.state
  ];
  return (
    <div style={{ minWidth: 140 }}>
      <Group gap={6} wrap="nowrap">
        {Mark && <Mark size={16} aria-hidden />}
        <Text size="sm" span>
          {t(`register.state.${sending.state}`)}
          {sending.state === "sending" && ` ${formats.percent(share)}`}
        </Text>
      </Group>
      {sending.state !== "whole" && (
        <Progress
          value={share * 100}
          size="sm"
          mt={4}
          aria-label={t("register.progressOf", { path: file.path })}
        />
      )}
    </div>
  );
}

function Bad({ title, advice, soft }: { title: string; advice: string; soft?: boolean }) {
  const Mark = soft ? IconAlertTriangle : IconCircleX;
  const color = soft ? "orange" : "red";
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Mark
        size={16}
        aria-hidden
        color={`var(--mantine-color-${color}-light-color)`}
        style={{ flexShrink: 0, marginTop: 2 }}
      />
      <div>
        <Text size="sm">{title}</Text>
        <Text size="xs" c="dimmed">
          {advice}
        </Text>
      </div>
    </Group>
  );
}
