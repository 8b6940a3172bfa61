import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconClipboardList } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../../components/Links";
import { triedRequestQuery } from "./api";

interface Props {
  number: number;
  ready: boolean;
  onAsk: (question: string, wanted: string) => void;
}

/** Which request is tried, with its own examples to ask. */
export function TriedRequest({ number, ready, onAsk }: Props) {
  const { t } = useTranslation();
  const request = useQuery(triedRequestQuery(number));
  if (!request.data) return null;
  const { examples, title, state } = request.data;
  return (
    <Alert icon={<IconClipboardList aria-hidden />} title={t("playground.forRequest")} variant="default">
      <Stack gap="xs">
        <Text size="sm">
          <PageLink to="/requests/$number" params={{ number: String(number) }} underline="always">
            #{number} <bdi>{title}</bdi>
          </PageLink>{" "}
          · {t(state === "delivered" ? "playground.votesCount" : "playground.votesDoNotCount")}
        </Text>
        {examples.length > 0 && (
          <Group gap="xs" role="group" aria-label={t("playground.examples")}>
            <Text size="sm">{t("playground.examples")}</Text>
            {examples.slice(0, 20).map(({ question, answer }, place) => (
              <Button
                // biome-ignore lint/suspicious/noArrayIndexKey: two examples may ask the same
                key={place}
                size="compact-sm"
                variant="default"
                maw="16rem"
                title={question}
                disabled={!ready}
                onClick={() => onAsk(question, answer)}
              >
                {question}
              </Button>
            ))}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
