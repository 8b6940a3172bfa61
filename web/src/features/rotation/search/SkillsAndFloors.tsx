import { Checkbox, NumberInput, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import type { Trial } from "../api";
import { FLOOR, type Space } from "../recipe/space";

interface Props {
  suites: string[];
  parents: string[];
  versions: ReadonlyMap<string, Version>;
  space: Space;
  /** The candidate that is picked, else the best so far. */
  trial: Trial | undefined;
  onChange: (space: Space) => void;
}

/** What each parent can do today, and how much of the best of it the child must keep. */
export function SkillsAndFloors({ suites, parents, versions, space, trial, onChange }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const score = (ref: string, suite: string) =>
    versions.get(ref)?.skills.find((each) => each.suite === suite)?.score;
  const best = (suite: string) => Math.max(...parents.map((ref) => score(ref, suite) ?? 0));
  const floor = (suite: string) => space.floors[suite] ?? FLOOR;
  if (suites.length === 0) return <Text size="sm">{t("rotation.noSkills")}</Text>;
  return (
    <DataTable
      caption={t("rotation.skills")}
      rows={suites}
      rowKey={(suite) => suite}
      columns={[
        {
          key: "suite",
          header: t("catalog.suite"),
          render: (suite) => (
            <Checkbox
              label={suite}
              checked={!space.without.includes(suite)}
              onChange={(event) => {
                const others = space.without.filter((each) => each !== suite);
                onChange({ ...space, without: event.currentTarget.checked ? others : [...others, suite] });
              }}
            />
          ),
        },
        ...parents.map((ref) => ({
          key: ref,
          header: ref,
          numeric: true,
          render: (suite: string) => formats.percent(score(ref, suite)),
        })),
        {
          key: "floor",
          header: t("rotation.floor"),
          render: (suite) => (
            <>
              <NumberInput
                aria-label={t("rotation.floorOf", { suite })}
                value={Math.round(floor(suite) * 1000) / 10}
                min={0}
                max={100}
                step={1}
                suffix=" %"
                size="xs"
                w={90}
                disabled={space.without.includes(suite)}
                onChange={(given) =>
                  typeof given === "number" &&
                  onChange({
                    ...space,
                    floors: { ...space.floors, [suite]: Math.min(100, Math.max(0, given)) / 100 },
                  })
                }
              />
              <Text size="xs" c="dimmed">
                {t("rotation.atLeast", { score: formats.percent(best(suite) * floor(suite)) })}
              </Text>
            </>
          ),
        },
        {
          key: "found",
          header: t("rotation.predicted"),
          numeric: true,
          render: (suite) => <Predicted trial={trial} suite={suite} />,
        },
      ]}
    />
  );
}

/** The score of a candidate on what it was not chosen by, else on what it was. */
function Predicted({ trial, suite }: { trial: Trial | undefined; suite: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const named = (each: { suite: string }) => each.suite === suite;
  const found = trial?.held_out.find(named) ?? trial?.scores.find(named);
  if (!found) return <>{t("rotation.notSearched")}</>;
  return (
    <>
      {formats.percent(found.score)}
      <Text size="xs" c="dimmed">
        {formats.interval(found.low, found.high)}
        <br />
        {t("rotation.questions", { number: formats.number(found.items) })}
      </Text>
    </>
  );
}
