import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { DataTable } from "../../../components/DataTable";
import { Facts } from "../../../components/Facts";
import { ButtonLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { saveText } from "../../../lib/save";
import { MAX_ADDRESS } from "../../../lib/search";
import { useFormats } from "../../../lib/useFormats";
import { type Report, recipeQuery, reportQuery } from "../api";
import { DERIVATIONS } from "../derive/api";
import { isExport } from "../derive/kinds";
import { Exactness } from "../studio/Exactness";
import { Matrix } from "../studio/Matrix";
import { EdgeUse } from "./EdgeUse";
import { ModuleTable } from "./ModuleTable";
import { Reproduce } from "./Reproduce";
import { SkillsBeforeAndAfter } from "./SkillsBeforeAndAfter";
import { TakeOut } from "./TakeOut";

const REPORTED = ["merge", "extracted", "baked", "quantized", "exported"];

/** Whether a version came out of a rotation, or is another form of one version: both have a report. */
export function isMerged(version: Version): boolean {
  return version.parents.some(({ relation }) => REPORTED.includes(relation));
}

/** What happened in the job that a version came from. */
export function MergeResult({ version }: { version: Version }) {
  const { t } = useTranslation();
  const report = useQuery(reportQuery(version.ref));
  const parents = version.parents.filter(({ relation }) => REPORTED.includes(relation)).map(({ ref }) => ref);
  const rotated = version.parents.some(({ relation }) => relation === "merge");
  return (
    <>
      {isExport(version) && <EdgeUse version={version} />}
      <Section title={t("rotation.happened")} term={t("rotation.happenedTerm")}>
        <QueryView query={report}>{(found) => <Told report={found} />}</QueryView>
      </Section>
      <Section title={t("rotation.skillsBefore")} term={t("catalog.skillsTerm")}>
        <SkillsBeforeAndAfter version={version} parents={parents} />
      </Section>
      {report.data && report.data.modules.length > 0 && (
        <Section title={t("rotation.modules")} term={t("rotation.modulesTerm")}>
          <ModuleTable report={report.data} />
        </Section>
      )}
      {rotated && <RecipeOf version={version} parents={parents} />}
      <Reproduce version={version.ref} />
    </>
  );
}

function Told({ report }: { report: Report }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = report.parents.map((ref, index) => ({
    ref,
    weight: report.weights[index],
    source: report.sources[index],
  }));
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Exactness exact={report.exact} />
        <Text size="sm">{report.statement}</Text>
      </Group>
      <Facts
        facts={[
          [t("rotation.method"), methodName(report.method)],
          [t("rotation.rank"), formats.number(report.rank)],
          [t("rotation.scale"), report.scale !== 1 && formats.measure(report.scale)],
          [t("rotation.energyKept"), formats.percent(report.energy_kept)],
          [t("rotation.basis"), report.basis],
          [t("catalog.duration"), formats.duration(Math.round(report.seconds * 10) / 10)],
        ]}
      />
      <DataTable
        caption={t("rotation.perParent")}
        rows={rows}
        rowKey={({ ref }) => ref}
        columns={[
          { key: "ref", header: t("rotation.parent"), render: ({ ref }) => <VersionLink value={ref} /> },
          {
            key: "weight",
            header: t("rotation.weight"),
            numeric: true,
            render: ({ weight }) => (weight === undefined ? "–" : formats.measure(weight)),
          },
          {
            key: "share",
            header: t("rotation.loudness"),
            numeric: true,
            render: ({ source }) => formats.percent(source?.norm_share),
          },
          {
            key: "kept",
            header: t("rotation.keptOfParent"),
            numeric: true,
            render: ({ source }) => formats.percent(source?.energy_kept),
          },
        ]}
      />
      {report.overlap.length > 1 && (
        <Matrix
          title={t("rotation.overlaps")}
          names={report.parents}
          value={(row, column) => report.overlap[row]?.[column] ?? null}
        />
      )}
      {report.finish && (
        <div>
          <Text size="sm" fw={500} mb={4}>
            {t("rotation.finish")}
          </Text>
          <CopyBlock
            text={JSON.stringify(report.finish, null, 2)}
            what={t("rotation.finish")}
            maxHeight={200}
          />
        </div>
      )}
    </Stack>
  );

  function methodName(method: string): string {
    const names = t("rotation.methods", { returnObjects: true });
    const made = DERIVATIONS.find((each) => each === method);
    if (made) return t(`rotation.derive.${made}.name`);
    return method in names ? names[method as keyof typeof names].name : method;
  }
}

/** The recipe, and what can be done with it again. */
function RecipeOf({ version, parents }: { version: Version; parents: string[] }) {
  const { t } = useTranslation();
  const recipe = useQuery(recipeQuery(version.ref));
  return (
    <Section
      title={t("catalog.recipe")}
      term={t("rotation.yamlTerm")}
      actions={
        <>
          {recipe.data && recipe.data.yaml.length <= MAX_ADDRESS && (
            <ButtonLink
              to="/studio/rotation"
              search={{ recipe: recipe.data.yaml }}
              size="xs"
              variant="default"
            >
              {t("rotation.openInStudio")}
            </ButtonLink>
          )}
          <TakeOut version={version.ref} parents={parents} />
        </>
      }
    >
      <QueryView query={recipe} lines={4}>
        {({ yaml }) => (
          <>
            <CopyBlock text={yaml} what={t("catalog.recipe")} />
            <Group>
              <Button size="xs" variant="default" onClick={() => saveText("mergekit_config.yml", yaml)}>
                {t("studio.download")}
              </Button>
            </Group>
          </>
        )}
      </QueryView>
    </Section>
  );
}
