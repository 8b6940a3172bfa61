import { Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { VersionLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { type Choice, tookQuery } from "./api";
import type { Asked } from "./rounds";

interface Props {
  /** The letter that stands for it; one that was asked alone has none. */
  name?: string;
  asked: Asked;
  choice?: Choice;
  /** Who it is, what it took and what it cost stays hidden until there is a vote. */
  hidden: boolean;
  children: ReactNode;
}

/** One answer, with who gave it and what it took. */
export function AnswerCard({ name, asked, choice, hidden, children }: Props) {
  const { t } = useTranslation();
  const label = useId();
  const { answer, error, done } = asked;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby={label} aria-busy={!done} miw={0}>
      <Stack gap="xs">
        <Text size="xs" c="dimmed" component="div" id={label} style={{ overflowWrap: "anywhere" }}>
          {name && <strong>{name}</strong>}
          {name && !hidden && " · "}
          {!hidden && <Who model={asked.model} choice={choice} />}
        </Text>
        {answer && (
          <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {answer.content || t(done ? "playground.empty" : "deploy.thinking")}
          </Text>
        )}
        {!answer && !done && <Text c="dimmed">{t("deploy.thinking")}</Text>}
        {done && answer?.finish === "length" && (
          <Text size="xs" c="dimmed">
            {t("playground.cutOff")}
          </Text>
        )}
        {done && !error && answer?.finish == null && (
          <Text size="xs" c="dimmed">
            {t("playground.stopped")}
          </Text>
        )}
        {error !== null && <ErrorBox error={error} />}
        {done && !hidden && answer?.id && answer.finish !== null && <TookLine answer={answer.id} />}
        {done && !error && children && <Group justify="flex-end">{children}</Group>}
      </Stack>
    </Paper>
  );
}

function Who({ model, choice }: { model: string; choice?: Choice }) {
  if (!choice) return <>{model}</>;
  return (
    <>
      {choice.title} · <VersionLink value={choice.version} underline="always" />
    </>
  );
}

/** Money, tokens and time, from the ledger that the bill is made of. */
function TookLine({ answer }: { answer: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const took = useQuery(tookQuery(answer));
  const time = (ms: number) =>
    ms < 1000
      ? t("playground.milliseconds", { n: formats.number(ms) })
      : t("playground.seconds", { n: formats.number(ms / 1000) });
  if (!took.data) return null;
  const { cost_micro, currency, prompt_tokens, completion_tokens, milliseconds, ttft_milliseconds } =
    took.data;
  const parts = [
    formats.money(cost_micro, currency),
    t("deploy.tokens", {
      prompt: formats.number(prompt_tokens),
      completion: formats.number(completion_tokens),
    }),
    time(milliseconds),
    ttft_milliseconds !== null && t("playground.firstAfter", { time: time(ttft_milliseconds) }),
  ];
  return (
    <Text size="xs" c="dimmed">
      {parts.filter(Boolean).join(" · ")}
    </Text>
  );
}
