import { Button, Collapse, Group, Stack, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAdjustments, IconPlayerStop, IconSend } from "@tabler/icons-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { SamplingFields } from "../components/SamplingFields";
import type { Sampling } from "../useChat";

interface Props {
  ready: boolean;
  busy: boolean;
  started: boolean;
  system: string;
  onSystem: (text: string) => void;
  onSend: (text: string, sampling: Sampling) => void;
  onStop: () => void;
  onClear: () => void;
}

/** Where a question is written, with what goes along with it. */
export function Composer({ ready, busy, started, system, onSystem, onSend, onStop, onClear }: Props) {
  const { t } = useTranslation();
  const [question, setQuestion] = useState("");
  const [temperature, setTemperature] = useState<number | string>(0);
  const [maxTokens, setMaxTokens] = useState<number | string>(128);
  const [opened, { toggle }] = useDisclosure(false);
  const settings = useId();

  function ask() {
    const text = question.trim();
    if (!text || busy || !ready) return;
    setQuestion("");
    onSend(text, { temperature: Number(temperature) || 0, maxTokens: Number(maxTokens) || 128 });
  }
  function onKeyDown(event: KeyboardEvent) {
    // An input method confirms its choice with Enter too.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    ask();
  }

  return (
    <Stack gap="sm">
      <Textarea
        label={t("deploy.message")}
        description={t("deploy.messageHint")}
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        disabled={!ready}
        maxLength={64_000}
        autosize
        minRows={2}
        maxRows={8}
      />
      <Group>
        <Button
          leftSection={<IconSend size={16} aria-hidden />}
          onClick={ask}
          disabled={!ready || busy || !question.trim()}
        >
          {t("deploy.send")}
        </Button>
        {busy && (
          <Button variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={onStop}>
            {t("deploy.stopAnswer")}
          </Button>
        )}
        {started && !busy && (
          <Button variant="default" onClick={onClear}>
            {t("deploy.newConversation")}
          </Button>
        )}
        <Button
          variant="subtle"
          leftSection={<IconAdjustments size={16} aria-hidden />}
          onClick={toggle}
          aria-expanded={opened}
          aria-controls={settings}
        >
          {t("playground.settings")}
        </Button>
      </Group>
      <div id={settings}>
        <Collapse expanded={opened}>
          <Stack gap="sm">
            <Textarea
              label={t("playground.system")}
              description={t("playground.systemHint")}
              value={system}
              onChange={(event) => onSystem(event.currentTarget.value)}
              maxLength={16_000}
              autosize
              minRows={2}
              maxRows={6}
            />
            <Group align="flex-end">
              <SamplingFields
                temperature={temperature}
                onTemperature={setTemperature}
                maxTokens={maxTokens}
                onMaxTokens={setMaxTokens}
              />
            </Group>
          </Stack>
        </Collapse>
      </div>
    </Stack>
  );
}
