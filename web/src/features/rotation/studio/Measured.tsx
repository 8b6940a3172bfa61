import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { ErrorBox } from "../../../components/ErrorBox";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { isFinal, jobQuery, type Measure, type Plan, useMeasure } from "../api";
import { Matrix } from "./Matrix";
import { RunningJob } from "./RunningJob";

/** How the parents lie to each other and what each rank would keep: estimated until it is measured. */
export function Measured({ plan, yaml }: { plan: Plan; yaml: string }) {
  const { t } = useTranslation();
  const { measure } = plan;
  return (
    <Section
      title={t("rotation.interference")}
      term={t("rotation.interferenceTerm")}
      actions={!measure && plan.engine === "factors" && <MeasureButton yaml={yaml} />}
    >
      <Text size="sm" c="dimmed">
        {t(measure ? "rotation.measured" : "rotation.estimated")}
      </Text>
      <Cosines plan={plan} />
      {measure && <Energies measure={measure} />}
    </Section>
  );
}

function Cosines({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const names = plan.parents.map(({ ref }) => ref);
  const { measure } = plan;
  const estimated = (row: number, column: number): number | null => {
    if (row === column) return 1;
    const [one, other] = [names[row], names[column]];
    const pair = plan.interference.find(
      (each) => (each.one === one && each.other === other) || (each.one === other && each.other === one),
    );
    return pair?.cosine ?? null;
  };
  return (
    <Stack gap="md">
      <Matrix
        title={t("rotation.cosines")}
        names={names}
        value={(row, column) => (measure ? (measure.cosines[row]?.[column] ?? null) : estimated(row, column))}
      />
      {measure && (
        <Matrix
          title={t("rotation.overlaps")}
          names={names}
          value={(row, column) => measure.overlaps[row]?.[column] ?? null}
        />
      )}
    </Stack>
  );
}

function Energies({ measure }: { measure: Measure }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <DataTable
      caption={t("rotation.energyPerRank")}
      rows={measure.energies}
      rowKey={({ rank }) => rank}
      columns={[
        { key: "rank", header: t("rotation.rank"), render: ({ rank }) => formats.number(rank) },
        {
          key: "energy",
          header: t("rotation.energyKept"),
          numeric: true,
          render: ({ energy }) => formats.percent(energy),
        },
        {
          key: "worst",
          header: t("rotation.worstModule"),
          numeric: true,
          render: ({ worst, module }) => (
            <>
              {formats.percent(worst)}
              <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>
                {module}
              </Text>
            </>
          ),
        },
      ]}
    />
  );
}

/** Orders the measurement, shows it run, and has the plan asked for again when it is done. */
function MeasureButton({ yaml }: { yaml: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const order = useMeasure();
  const [id, setId] = useState<string | null>(null);
  const job = useQuery({ ...jobQuery(id ?? ""), enabled: id !== null });
  const state = job.data?.state;
  useEffect(() => {
    if (state === "succeeded") void queries.invalidateQueries({ queryKey: ["merge", "plan"] });
  }, [state, queries]);
  const runs = id !== null && (state === undefined || !isFinal(state));
  return (
    <Stack gap="xs">
      <Group justify="flex-end">
        {runs && job.data && <RunningJob job={job.data} />}
        <Button
          variant="default"
          size="xs"
          loading={order.isPending || runs}
          onClick={() => order.mutate({ yaml }, { onSuccess: (made) => setId(made.id) })}
        >
          {t("rotation.measure")}
        </Button>
      </Group>
      {order.error && <ErrorBox error={order.error} />}
      {state === "failed" && job.data && <RunningJob job={job.data} />}
    </Stack>
  );
}
