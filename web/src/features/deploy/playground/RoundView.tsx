import { Button, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { useFormats } from "../../../lib/useFormats";
import type { RenderFeedback } from "../components/Playground";
import { AnswerCard } from "./AnswerCard";
import { type Choice, type Standing, useVoteOnAnswers } from "./api";
import { comparable, conversation, letter, type Round } from "./rounds";

interface Props {
  round: Round;
  before: readonly Round[];
  system: string;
  choices: readonly Choice[];
  /** The delivery that is tried: votes about its version count for the request. */
  tried?: { number: number; version: string | null };
  feedback: RenderFeedback;
}

/** One question, its answers side by side, and which one is the best. */
export function RoundView({ round, before, system, choices, tried, feedback }: Props) {
  const { t } = useTranslation();
  const vote = useVoteOnAnswers();
  const several = round.asked.length > 1;
  const hidden = round.blind && several && !vote.isSuccess;
  const about = choices.some(
    ({ model, version }) => version === tried?.version && round.asked.some((each) => each.model === model),
  );
  return (
    <Stack gap="sm">
      <Paper withBorder p="sm" ml={{ base: 0, sm: 48 }} bg="var(--mantine-color-default-hover)">
        <Text size="xs" c="dimmed">
          {t("deploy.you")}
        </Text>
        <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{round.question}</Text>
        {round.wanted && (
          <Text size="sm" c="dimmed" mt="xs" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {t("playground.wanted")} {round.wanted}
          </Text>
        )}
      </Paper>
      <SimpleGrid cols={{ base: 1, sm: round.asked.length }} spacing="sm">
        {round.asked.map((asked, place) => (
          <AnswerCard
            key={asked.model}
            name={several ? t("playground.answer", { letter: letter(place) }) : undefined}
            asked={asked}
            choice={choices.find((each) => each.model === asked.model)}
            hidden={hidden}
          >
            {!hidden &&
              asked.answer?.id &&
              feedback(
                asked.answer.id,
                conversation(before, asked.model, round.question, system),
                asked.answer.content,
              )}
          </AnswerCard>
        ))}
      </SimpleGrid>
      {comparable(round) && !vote.isSuccess && (
        <VoteBar round={round} busy={vote.isPending} hint={hidden}>
          {(better) =>
            vote.mutate({
              answers: round.asked.map((each) => each.answer?.id ?? ""),
              better,
              blind: round.blind,
              request: about ? tried?.number : undefined,
            })
          }
        </VoteBar>
      )}
      {vote.isError && <ErrorBox error={vote.error} />}
      {vote.isSuccess && <Standings standings={vote.data.standings} />}
    </Stack>
  );
}

interface BarProps {
  round: Round;
  busy: boolean;
  hint: boolean;
  children: (better: string | null) => void;
}

function VoteBar({ round, busy, hint, children: choose }: BarProps): ReactNode {
  const { t } = useTranslation();
  const label = useId();
  return (
    <Stack gap={4} role="group" aria-labelledby={label}>
      <Text size="sm" id={label} fw={600}>
        {t("playground.whichIsBest")}
      </Text>
      {hint && (
        <Text size="xs" c="dimmed">
          {t("playground.blindHint")}
        </Text>
      )}
      <Group gap="xs">
        {round.asked.map((asked, place) => (
          <Button
            key={asked.model}
            variant="default"
            disabled={busy}
            onClick={() => choose(asked.answer?.id ?? null)}
          >
            {t("playground.isBest", { letter: letter(place) })}
          </Button>
        ))}
        <Button variant="default" disabled={busy} onClick={() => choose(null)}>
          {t("playground.noneIsBest")}
        </Button>
      </Group>
    </Stack>
  );
}

/** The same, told from the side that was preferred more often. */
function winnerFirst(standing: Standing): Standing {
  const { version, against, won, lost, low, high } = standing;
  if (won >= lost) return standing;
  return {
    ...standing,
    version: against,
    against: version,
    won: lost,
    lost: won,
    low: 1 - high,
    high: 1 - low,
  };
}

/** How the versions stand over everybody's votes. */
function Standings({ standings }: { standings: Standing[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Stack gap={4} role="status">
      <Text size="sm" fw={600}>
        {t("playground.voted")}
      </Text>
      {standings
        .filter(({ won, lost, same }) => won + lost + same > 0)
        .map(winnerFirst)
        .map(({ version, against, won, lost, same, low, high }) => (
          <Text key={`${version} ${against}`} size="sm" style={{ overflowWrap: "anywhere" }}>
            {t("playground.standing", {
              version,
              against,
              won: formats.number(won),
              lost: formats.number(lost),
              same: formats.number(same),
              range: formats.interval(low, high),
            })}
          </Text>
        ))}
    </Stack>
  );
}
