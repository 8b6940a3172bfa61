import { Button, Group, Stack, Text, Textarea, Timeline } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Request } from "../../../api/types";
import { PageLink, VersionLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { useSaid } from "../../../lib/useSaid";
import { useSay } from "../api";

type Entry = Request["timeline"][number];

/** What happened to the request and what was said about it, in one line of time. */
export function Conversation({ request, may }: { request: Request; may: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const said = useSaid();
  const label = useLabels();
  const title = (entry: Entry) => {
    if (entry.kind === "message") return entry.actor;
    if (entry.kind === "work") return t("requests.workDone");
    return label("state.request", entry.state);
  };
  return (
    <Section title={t("requests.timeline")}>
      <Timeline
        active={request.timeline.length - 1}
        bulletSize={16}
        lineWidth={2}
        aria-label={t("requests.timeline")}
      >
        {request.timeline.map((entry, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
          <Timeline.Item key={at} title={title(entry)}>
            {entry.note && (
              <Text size="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
                {entry.kind === "message" ? entry.note : said(entry.note)}
              </Text>
            )}
            <Links entry={entry} />
            <Text size="xs" c="dimmed">
              {entry.actor} · {formats.date(entry.at)}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
      {may && <Say number={request.number} />}
    </Section>
  );
}

function Links({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const { job, version } = entry.data as { job?: string; version?: string };
  if (version) return <VersionLink value={version} />;
  if (!job) return null;
  return (
    <PageLink to="/jobs/$id" params={{ id: job }} size="sm">
      {t("requests.jobPage")}
    </PageLink>
  );
}

function Say({ number }: { number: number }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const say = useSay(number);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) say.mutate(text.trim(), { onSuccess: () => setText("") });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <Textarea
          label={t("requests.message")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={2000}
        />
        <Group>
          <Button type="submit" variant="default" loading={say.isPending}>
            {t("requests.say")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
