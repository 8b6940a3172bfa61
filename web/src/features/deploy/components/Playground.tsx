import { Button, Group, Paper, Stack, Text, Textarea } from "@mantine/core";
import { IconPlayerStop, IconSend } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EndpointDetail } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { useFormats } from "../../../lib/useFormats";
import type { Message } from "../chat";
import { asMessages, type Turn, useChat } from "../useChat";
import { SamplingFields } from "./SamplingFields";

/** What is rated: the completion, the conversation before the answer, and the answer. */
export type RenderFeedback = (completion: string, messages: Message[], answer: string) => ReactNode;

interface Props {
  endpoint: EndpointDetail;
  feedback: RenderFeedback;
}

/** A conversation with the endpoint, streamed as programs would get it. */
export function Playground({ endpoint, feedback }: Props) {
  const { t } = useTranslation();
  const { turns, busy, send, stop, clear } = useChat(endpoint.model);
  const [question, setQuestion] = useState("");
  const [temperature, setTemperature] = useState<number | string>(0);
  const [maxTokens, setMaxTokens] = useState<number | string>(128);
  // While a new version starts, the one before goes on answering.
  const ready = endpoint.serving !== null;

  function ask() {
    const text = question.trim();
    if (!text || busy || !ready) return;
    setQuestion("");
    void send(text, { temperature: Number(temperature) || 0, maxTokens: Number(maxTokens) || 128 });
  }
  function onKeyDown(event: KeyboardEvent) {
    // An input method confirms its choice with Enter too.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    ask();
  }

  return (
    <Stack>
      <Stack gap="sm" role="log" aria-label={t("deploy.conversation")} aria-busy={busy}>
        {turns.length === 0 && (
          <Text size="sm" c="dimmed">
            {t(ready ? "deploy.sayHello" : "deploy.notReady")}
          </Text>
        )}
        {turns.map((turn, index) => (
          <TurnView
            // biome-ignore lint/suspicious/noArrayIndexKey: turns are only ever added at the end
            key={index}
            turn={turn}
            waiting={busy && index === turns.length - 1}
            feedback={
              turn.answer?.id &&
              feedback(
                turn.answer.id,
                [...turns.slice(0, index).flatMap(asMessages), { role: "user", content: turn.question }],
                turn.answer.content,
              )
            }
          />
        ))}
      </Stack>
      <Textarea
        label={t("deploy.message")}
        description={t("deploy.messageHint")}
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        disabled={!ready}
        autosize
        minRows={2}
        maxRows={8}
      />
      <Group align="flex-end">
        <Button
          leftSection={<IconSend size={16} aria-hidden />}
          onClick={ask}
          disabled={!ready || busy || !question.trim()}
        >
          {t("deploy.send")}
        </Button>
        {busy && (
          <Button variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={stop}>
            {t("deploy.stopAnswer")}
          </Button>
        )}
        {turns.length > 0 && !busy && (
          <Button variant="default" onClick={clear}>
            {t("deploy.newConversation")}
          </Button>
        )}
        <SamplingFields
          temperature={temperature}
          onTemperature={setTemperature}
          maxTokens={maxTokens}
          onMaxTokens={setMaxTokens}
        />
      </Group>
    </Stack>
  );
}

function TurnView({ turn, waiting, feedback }: { turn: Turn; waiting: boolean; feedback: ReactNode }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { answer } = turn;
  const tokens = answer?.tokens;
  return (
    <>
      <Paper withBorder p="sm" ml={{ base: 0, sm: 48 }} bg="var(--mantine-color-default-hover)">
        <Text size="xs" c="dimmed">
          {t("deploy.you")}
        </Text>
        <Text style={{ whiteSpace: "pre-wrap" }}>{turn.question}</Text>
      </Paper>
      <Paper withBorder p="sm" mr={{ base: 0, sm: 48 }}>
        <Text size="xs" c="dimmed">
          {answer?.model ?? t("deploy.model")}
        </Text>
        {answer && <Text style={{ whiteSpace: "pre-wrap" }}>{answer.content}</Text>}
        {waiting && !answer && <Text c="dimmed">{t("deploy.thinking")}</Text>}
        {turn.error !== null && <ErrorBox error={turn.error} />}
        {!waiting && answer && (
          <Group justify="space-between" mt="xs" align="flex-start">
            <Text size="xs" c="dimmed">
              {tokens &&
                t("deploy.tokens", {
                  prompt: formats.number(tokens.prompt),
                  completion: formats.number(tokens.completion),
                })}
            </Text>
            {feedback}
          </Group>
        )}
      </Paper>
    </>
  );
}
