import { Badge, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Skill, Version } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { Score } from "../skills/ProfileChart";
import { best, type CompareRow, factRows, rowOf } from "./table";

/** Every exam that any of them sat: the score with its interval, and who may call themselves the best. */
export function SkillsBeside({ versions }: { versions: Version[] }) {
  const { t } = useTranslation();
  const suites = [...new Set(versions.flatMap(({ skills }) => skills.map(({ suite }) => suite)))].sort();
  const rows = suites.map((suite) => {
    const cells = versions.map(({ skills }): Skill | undefined =>
      skills.find((each) => each.suite === suite),
    );
    return { suite, cells, best: best(cells) };
  });
  if (rows.length === 0) return <Text c="dimmed">{t("catalog.noSkills")}</Text>;
  const columns: Column<(typeof rows)[number]>[] = [
    { key: "suite", header: t("catalog.suite"), render: (row) => row.suite },
    ...versions.map(
      ({ ref }, place): Column<(typeof rows)[number]> => ({
        key: ref,
        header: ref,
        numeric: true,
        render: (row) => (
          <>
            <Score skill={row.cells[place]} />
            {row.best.includes(place) && (
              <Badge size="xs" variant="default">
                {row.best.length > 1 ? t("compare.amongBest") : t("compare.best")}
              </Badge>
            )}
          </>
        ),
      }),
    ),
  ];
  return (
    <DataTable caption={t("compare.skills")} columns={columns} rows={rows} rowKey={(row) => row.suite} wide />
  );
}

/** Configuration, size and what each cost to make; what is the same everywhere can be left out. */
export function FactsBeside({ versions }: { versions: Version[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const [all, setAll] = useState(false);
  const row = (name: string, value: (version: Version) => string) => rowOf(name, versions.map(value));
  const rows = [
    row(t("common.state"), ({ state }) => label("state.version", state)),
    row(t("common.kind"), ({ kind }) => label("kind.version", kind)),
    row(t("catalog.base"), ({ base }) => base ?? "–"),
    row(t("compare.parents"), ({ parents }) => parents.map(({ ref }) => ref).join(", ") || "–"),
    row(t("catalog.parameters"), ({ parameters }) => formats.number(parameters)),
    row(t("catalog.size"), ({ bytes }) => formats.bytes(bytes)),
    row(t("compare.ownCompute"), ({ compute }) => formats.duration(Math.round(compute.own.chip_seconds))),
    row(t("compare.familyCompute"), ({ compute }) =>
      formats.duration(Math.round(compute.lineage.chip_seconds)),
    ),
    row(t("catalog.license"), ({ license }) => license || "–"),
    row(
      t("compare.restrictions"),
      ({ restrictions }) => restrictions.map((each) => label("restriction", each)).join(", ") || "–",
    ),
    row(t("common.digest"), ({ digest }) => digest.slice(0, 19)),
    row(t("common.by"), ({ created_by }) => created_by ?? "–"),
    ...factRows(versions),
  ];
  const shown = all ? rows : rows.filter(({ differs }) => differs);
  const columns: Column<CompareRow>[] = [
    { key: "name", header: t("compare.what"), render: ({ name }) => name },
    ...versions.map(
      ({ ref }, place): Column<CompareRow> => ({
        key: ref,
        header: ref,
        render: ({ values, differs }) => (
          <Text size="sm" fw={differs ? 600 : undefined} style={{ overflowWrap: "anywhere" }} dir="auto">
            {values[place]}
          </Text>
        ),
      }),
    ),
  ];
  return (
    <Stack gap="sm">
      <Switch
        label={t("compare.same", { number: formats.number(rows.filter(({ differs }) => !differs).length) })}
        checked={all}
        onChange={(event) => setAll(event.currentTarget.checked)}
      />
      <DataTable
        caption={t("compare.facts")}
        columns={columns}
        rows={shown}
        rowKey={({ name }) => name}
        wide
      />
    </Stack>
  );
}
