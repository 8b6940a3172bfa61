import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import { Radar } from "./Radar";
import { axes, FEWEST_AXES, type Measured, MOST_AXES, type Profile } from "./radar";

/** Versions over their exams: as a radar where there are enough axes, always as a table too. */
export function ProfileChart({ profiles }: { profiles: Profile[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [view, setView] = useState("radar");
  const suites = axes(profiles);
  const all = new Set(profiles.flatMap(({ skills }) => skills.map(({ suite }) => suite))).size;
  if (suites.length < FEWEST_AXES) {
    return (
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t("skills.fewAxes", { number: formats.number(FEWEST_AXES) })}
        </Text>
        <ProfileTable profiles={profiles} />
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {all > MOST_AXES &&
            t("skills.someAxes", { shown: formats.number(MOST_AXES), all: formats.number(all) })}
        </Text>
        <SegmentedControl
          size="xs"
          value={view}
          onChange={setView}
          aria-label={t("skills.view")}
          data={[
            { value: "radar", label: t("skills.asRadar") },
            { value: "table", label: t("skills.asTable") },
          ]}
        />
      </Group>
      {view === "radar" ? (
        <Radar profiles={profiles} suites={suites} />
      ) : (
        <ProfileTable profiles={profiles} />
      )}
    </Stack>
  );
}

interface Row {
  suite: string;
  found: (Measured | undefined)[];
}

function ProfileTable({ profiles }: { profiles: Profile[] }) {
  const { t } = useTranslation();
  const suites = [...new Set(profiles.flatMap(({ skills }) => skills.map(({ suite }) => suite)))].sort();
  const rows: Row[] = suites.map((suite) => ({
    suite,
    found: profiles.map(({ skills }) => skills.find((skill) => skill.suite === suite)),
  }));
  const columns: Column<Row>[] = [
    { key: "suite", header: t("catalog.suite"), render: (row) => row.suite },
    ...profiles.map(
      ({ name }, rank): Column<Row> => ({
        key: name,
        header: name,
        numeric: true,
        render: (row) => <Score skill={row.found[rank]} />,
      }),
    ),
  ];
  return (
    <DataTable caption={t("skills.compared")} columns={columns} rows={rows} rowKey={(row) => row.suite} />
  );
}

/** A score with what says how sure it is. */
export function Score({ skill }: { skill: Omit<Measured, "suite"> | undefined | null }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (!skill) {
    return (
      <Text c="dimmed" size="sm" span title={t("catalog.notExamined")}>
        –
      </Text>
    );
  }
  return (
    <>
      <Text fw={600} size="sm">
        {formats.percent(skill.score)}
      </Text>
      <Text c="dimmed" size="xs">
        {formats.interval(skill.low, skill.high)}
      </Text>
      <Text c="dimmed" size="xs">
        n = {formats.number(skill.items)}
      </Text>
    </>
  );
}
