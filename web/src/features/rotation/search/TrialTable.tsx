import { Badge, Box, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import type { Trial } from "../api";
import { useVaried } from "./useTrialWords";

const SHOWN = 50;

interface Props {
  trials: Trial[];
  best: number | null;
  picked: number | null;
  onPick: (trial: Trial) => void;
}

/** Every candidate with what it scored; the same as the chart, and those that have no place on it. */
export function TrialTable({ trials, best, picked, onPick }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const varied = useVaried();
  const [shown, setShown] = useState(SHOWN);
  const sorted = [...trials].sort((a, b) => (b.mean ?? -1) - (a.mean ?? -1) || a.number - b.number);
  return (
    <Stack gap="xs">
      <DataTable
        caption={t("rotation.candidates")}
        rows={sorted.slice(0, shown)}
        rowKey={({ number }) => number}
        columns={[
          {
            key: "number",
            header: t("rotation.candidate"),
            render: (trial) => (
              <Group gap={6}>
                {formats.number(trial.number)}
                {trial.front && (
                  <Badge variant="default" tt="none" fw={500}>
                    {t("rotation.onFront")}
                  </Badge>
                )}
                {trial.number === best && (
                  <Badge variant="default" tt="none" fw={500}>
                    {t("rotation.best")}
                  </Badge>
                )}
              </Group>
            ),
          },
          {
            key: "params",
            header: t("rotation.varied"),
            render: (trial) => (
              <Box miw="12rem">
                {varied(trial.params)}
                <Text size="xs" c="dimmed">
                  {[
                    t(`rotation.trialState.${trial.state}`),
                    t("rotation.questions", { number: formats.number(trial.items) }),
                    trial.note,
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </Text>
              </Box>
            ),
          },
          {
            key: "mean",
            header: t("rotation.mean"),
            numeric: true,
            render: ({ mean }) => formats.percent(mean),
          },
          {
            key: "worst",
            header: t("rotation.worst"),
            numeric: true,
            render: ({ worst }) => formats.percent(worst),
          },
          {
            key: "rank",
            header: t("rotation.rank"),
            numeric: true,
            render: ({ rank }) => formats.number(rank),
          },
          {
            key: "take",
            header: t("common.actions"),
            render: (trial) => (
              <Button
                size="compact-sm"
                variant="light"
                aria-pressed={trial.number === picked}
                aria-label={t("rotation.takeNumber", { number: String(trial.number) })}
                disabled={trial.yaml === ""}
                onClick={() => onPick(trial)}
              >
                {t("rotation.takeShort")}
              </Button>
            ),
          },
        ]}
      />
      {sorted.length > shown && (
        <Group>
          <Button variant="default" size="xs" onClick={() => setShown(shown * 4)}>
            {t("common.more")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
