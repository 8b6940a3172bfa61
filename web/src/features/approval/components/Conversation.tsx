import { Button, Group, Stack, Text, Textarea, ThemeIcon, Timeline } from "@mantine/core";
import {
  type Icon,
  IconCheck,
  IconMessage,
  IconPencil,
  IconRefresh,
  IconSend,
  IconX,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Approval, ApprovalEvent } from "../../../api/types";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { conversationQuery, useComment } from "../api";

const MARKS: Record<ApprovalEvent["step"], [Icon, string]> = {
  asked: [IconSend, "blue"],
  commented: [IconMessage, "gray"],
  changes_requested: [IconPencil, "orange"],
  renewed: [IconRefresh, "blue"],
  approved: [IconCheck, "teal"],
  rejected: [IconX, "red"],
};

/** Every step and every word, in order; who may speak writes below. */
export function Conversation({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  const conversation = useQuery(conversationQuery(approval.id));
  return (
    <Section title={t("approval.conversation")}>
      <QueryView query={conversation} lines={3}>
        {(events) => (
          <Timeline bulletSize={26} lineWidth={2} aria-label={t("approval.conversation")} role="log">
            {events.map((event, place) => (
              <Line key={event.seq} event={event} before={events[place - 1]} />
            ))}
          </Timeline>
        )}
      </QueryView>
      {approval.may_comment && <CommentForm approval={approval} />}
    </Section>
  );
}

function Line({ event, before }: { event: ApprovalEvent; before: ApprovalEvent | undefined }) {
  const { t } = useTranslation();
  const [Mark, color] = MARKS[event.step];
  const other = before !== undefined && before.version !== event.version;
  return (
    <Timeline.Item
      bullet={
        <ThemeIcon size={26} radius="xl" color={color} variant="light">
          <Mark size={14} aria-hidden />
        </ThemeIcon>
      }
    >
      <Text size="sm" component="div">
        <b>{event.actor}</b> {t(`approval.step.${event.step}`)} <Since at={event.at} />
        {other && ` · ${t("approval.nowAbout", { version: event.version })}`}
      </Text>
      {event.text && (
        <Text size="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
          {event.text}
        </Text>
      )}
      {event.seal && before?.seal !== event.seal && (
        <Text size="xs" c="dimmed" ff="monospace">
          {t("approval.seal")} {event.seal.slice(7, 19)}
        </Text>
      )}
    </Timeline.Item>
  );
}

function CommentForm({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const comment = useComment(approval.id, t("approval.commented"));
  function send(event: FormEvent) {
    event.preventDefault();
    comment.mutate(text.trim(), { onSuccess: () => setText("") });
  }
  return (
    <form onSubmit={send}>
      <Stack gap="xs">
        <Textarea
          label={t("approval.addComment")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={8000}
          required
        />
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={comment.isPending} disabled={!text.trim()}>
            {t("approval.send")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
