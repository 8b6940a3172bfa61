import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { isFinal, jobQuery, type Search, type Trial, useCancel } from "../api";
import { RunningJob } from "../studio/RunningJob";
import { Pareto } from "./Pareto";
import { TrialTable } from "./TrialTable";

interface Props {
  query: { data: Search | undefined; error: Error | null; refetch: () => unknown };
  id: string;
  picked: number | null;
  onPick: (trial: Trial) => void;
}

/** A search while it runs and afterwards: how far it is, its candidates, and the one to take. */
export function SearchView({ query, id, picked, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <QueryView query={query}>
      {(search) => (
        <Stack gap="sm" role="group" aria-label={t("rotation.candidates")}>
          <Running id={id} search={search} />
          <Verdict search={search} />
          <Candidates search={search} picked={picked} onPick={onPick} />
        </Stack>
      )}
    </QueryView>
  );
}

function Running({ id, search }: { id: string; search: Search }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const job = useQuery(jobQuery(id));
  const cancel = useCancel(id, t("jobs.cancelled"));
  const done = search.trials.filter(({ state }) => state !== "running").length;
  return (
    <Group justify="space-between">
      {job.data && <RunningJob job={job.data} />}
      <Group gap="sm">
        <Text size="sm" c="dimmed" aria-live="polite">
          {t("rotation.trialsDone", {
            done: formats.number(done),
            all: formats.number(search.space.trials),
          })}
        </Text>
        {!isFinal(search.state) && (
          <Button
            size="xs"
            variant="light"
            color="red"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(undefined)}
          >
            {t("jobs.cancel")}
          </Button>
        )}
      </Group>
    </Group>
  );
}

function Verdict({ search }: { search: Search }) {
  const { t } = useTranslation();
  if (Object.keys(search.space.floors ?? {}).length === 0) return null;
  if (search.floors_met) {
    return (
      <Alert color="teal" icon={<IconCircleCheck aria-hidden />} title={t("rotation.floorsMet")}>
        {t("rotation.floorsMetHint")}
      </Alert>
    );
  }
  if (search.state !== "succeeded") return null;
  return (
    <Alert color="orange" icon={<IconInfoCircle aria-hidden />} title={t("rotation.floorsMissed")}>
      {t("rotation.floorsMissedHint")}
    </Alert>
  );
}

function Candidates({ search, picked, onPick }: { search: Search } & Pick<Props, "picked" | "onPick">) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  if (search.trials.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("rotation.noTrials")}
      </Text>
    );
  }
  const best = search.best ?? null;
  const chosen = search.trials.find(({ number }) => number === (picked ?? best));
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {t("rotation.pareto")}
        </Text>
        <Button size="compact-sm" variant="default" onClick={() => setAsTable(!asTable)}>
          {t(asTable ? "rotation.asChart" : "jobs.asTable")}
        </Button>
      </Group>
      {asTable ? (
        <TrialTable trials={search.trials} best={best} picked={picked} onPick={onPick} />
      ) : (
        <Pareto trials={search.trials} best={best} picked={picked} onPick={onPick} />
      )}
      {chosen && <Chosen trial={chosen} taken={picked === chosen.number} onPick={onPick} />}
    </Stack>
  );
}

/** The candidate that is looked at, with the button that makes it the recipe. */
function Chosen({ trial, taken, onPick }: { trial: Trial; taken: boolean; onPick: (trial: Trial) => void }) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" aria-live="polite">
      <Text size="sm">
        {t(taken ? "rotation.isRecipe" : "rotation.isBest", { number: String(trial.number) })}
      </Text>
      {!taken && (
        <Button size="xs" onClick={() => onPick(trial)}>
          {t("rotation.take")}
        </Button>
      )}
    </Group>
  );
}
