import { Badge, Button, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useSaid } from "../../../components/studio/useSaid";
import { useFormats } from "../../../lib/useFormats";
import { type Match, matchesQuery } from "../api";

const FIRST = 6;

interface Props {
  student: string | null;
  /** Teachers in the recipe already. */
  chosen: string[];
  onTake: (match: Match) => void;
}

/** Which version could teach which skill to whom, from the skills matrix; those that can be ordered come first. */
export function Matches({ student, chosen, onTake }: Props) {
  const { t } = useTranslation();
  const [skill, setSkill] = useState<string | null>(null);
  const [every, setEvery] = useState(false);
  const found = useQuery(matchesQuery(student, skill));
  return (
    <Section title={t("mentoring.matches")} term={t("mentoring.matchesTerm")}>
      <Text size="sm" c="dimmed">
        {student ? t("mentoring.matchesFor", { student }) : t("mentoring.matchesHint")}
      </Text>
      <Select
        label={t("mentoring.skill")}
        placeholder={t("mentoring.anySkill")}
        data={found.data?.skills ?? []}
        value={skill}
        onChange={setSkill}
        clearable
        clearButtonProps={{ "aria-label": t("common.clear") }}
        maw={320}
      />
      <QueryView query={found} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("mentoring.noMatch")} hint={t("mentoring.noMatchHint")} />
          ) : (
            <Stack gap="sm" align="flex-start">
              <MatchTable
                matches={every ? items : items.slice(0, FIRST)}
                chosen={chosen}
                student={student}
                onTake={onTake}
              />
              {!every && items.length > FIRST && (
                <Button variant="default" size="xs" onClick={() => setEvery(true)}>
                  {t("mentoring.moreMatches", { number: items.length - FIRST })}
                </Button>
              )}
            </Stack>
          )
        }
      </QueryView>
    </Section>
  );
}

interface TableProps extends Props {
  matches: Match[];
}

function MatchTable({ matches, chosen, student, onTake }: TableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <DataTable
      caption={t("mentoring.matches")}
      rows={matches}
      rowKey={({ teacher, student: whom, skill }) => `${teacher} ${whom} ${skill}`}
      columns={[
        {
          key: "teacher",
          header: t("mentoring.teacher"),
          render: (match) => (
            <>
              <VersionLink value={match.teacher} />
              <Text size="xs" c="dimmed">
                {t("mentoring.teaches", { skill: match.skill })}
                {!student && ` ${t("mentoring.toWhom", { student: match.student })}`}
              </Text>
            </>
          ),
        },
        {
          key: "gain",
          header: t("mentoring.gain"),
          numeric: true,
          render: ({ gain, teacher_score, student_score, certain }) => (
            <>
              {formats.percent(gain)}
              <Text size="xs" c="dimmed">
                {student_score ? formats.percent(student_score.score) : t("mentoring.notSat")} →{" "}
                {formats.percent(teacher_score.score)} {!certain && t("mentoring.uncertain")}
              </Text>
            </>
          ),
        },
        { key: "why", header: t("mentoring.because"), render: (match) => <Reasons match={match} /> },
        {
          key: "take",
          header: t("mentoring.take"),
          render: (match) =>
            // Whose questions it answers is chosen in the recipe.
            match.stops.some(({ code }) => code !== "no_prompts") ? (
              t("mentoring.cannot")
            ) : chosen.includes(match.teacher) && student === match.student ? (
              t("mentoring.chosen")
            ) : (
              <Button
                size="compact-sm"
                variant="light"
                aria-label={t("mentoring.takeThis", { teacher: match.teacher, student: match.student })}
                onClick={() => onTake(match)}
              >
                {t("mentoring.take")}
              </Button>
            ),
        },
      ]}
    />
  );
}

function Reasons({ match }: { match: Match }) {
  const { t } = useTranslation();
  const said = useSaid("mentoring");
  return (
    <Stack gap={4} miw="14rem">
      <Group gap={4}>
        <Badge variant="default" tt="none" fw={500}>
          {t(`mentoring.ways.${match.way}`)}
        </Badge>
        {match.licences.map((licence) => (
          <Badge key={licence} variant="default" tt="none" fw={500}>
            {licence}
          </Badge>
        ))}
      </Group>
      {[...match.stops, ...match.reasons].map(({ code, message, params }) => (
        <Text key={code} size="xs">
          {said("why", code, message, params)}
        </Text>
      ))}
    </Stack>
  );
}
