import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { refusalIn } from "./refusal";
import { total } from "./totals";
import type { Registration } from "./useRegistration";

interface Props {
  registration: Registration;
  ready: boolean;
  /** What is missing before the upload can begin. */
  waitsFor: string | null;
  onBegin: () => void;
  onFile: () => void;
  onChange: () => void;
}

/** Begin, pause, go on, file: one line that says where things stand. */
export function Controls({ registration, ready, waitsFor, onBegin, onFile, onChange }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const said = useSaid();
  const { sending, busy, error } = registration;
  const refused = refusalIn(error);
  const sums = total(sending);
  return (
    <Stack gap="sm">
      {error !== null && !refused && <ErrorBox error={error} />}
      {refused && (
        <Alert color="red" title={t("register.refused")} role="alert">
          {said(refused.message)}
        </Alert>
      )}
      {sending.length > 0 && (
        <div>
          <Text size="sm" aria-live="polite">
            {t(`register.overall.${sums.state}`, {
              done: formats.bytes(sums.sent),
              all: formats.bytes(sums.size),
            })}
          </Text>
          <Progress
            value={sums.size ? (sums.sent / sums.size) * 100 : 100}
            mt={4}
            aria-label={t("register.overallProgress")}
          />
        </div>
      )}
      <Group gap="sm">
        {sending.length === 0 && (
          <Button onClick={onBegin} disabled={!ready} loading={busy}>
            {t("register.begin")}
          </Button>
        )}
        {sums.state === "sending" && (
          <Button variant="default" onClick={registration.pause}>
            {t("register.pause")}
          </Button>
        )}
        {sending.length > 0 && (sums.state === "paused" || sums.state === "failed") && (
          <Button onClick={registration.resume}>{t("register.resume")}</Button>
        )}
        {sums.state === "whole" && (
          <Button onClick={onFile} loading={busy} disabled={waitsFor !== null}>
            {t("register.file")}
          </Button>
        )}
        {sending.length > 0 && sums.state !== "sending" && (
          <Button variant="default" onClick={onChange} disabled={busy}>
            {t("register.otherFiles")}
          </Button>
        )}
        {waitsFor && (
          <Text size="sm" c="dimmed">
            {waitsFor}
          </Text>
        )}
      </Group>
    </Stack>
  );
}
