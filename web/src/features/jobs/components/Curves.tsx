import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLabels } from "../../../lib/useLabels";
import { mainStage, panels, type StageCurves } from "../curves";
import { CurvePanel } from "./CurvePanel";
import classes from "./Curves.module.css";
import { CurveTable } from "./CurveTable";

/** What the job measured over its steps: the loss large, the others beside it; all of it as a table too. */
export function Curves({ stages }: { stages: StageCurves[] }) {
  const { t } = useTranslation();
  const label = useLabels();
  const [asTable, setAsTable] = useState(false);
  const [chosen, choose] = useState<string | null>(null);
  const region = useId();
  const drawn = useMemo(() => stages.filter((each) => panels(each).length > 0), [stages]);
  const stage = drawn.find((each) => each.stage === chosen) ?? mainStage(drawn);
  if (!stage) {
    return (
      <Text size="sm" c="dimmed">
        {t("jobs.noCurves")}
      </Text>
    );
  }
  const shown = panels(stage);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        {drawn.length > 1 ? (
          <SegmentedControl
            size="xs"
            aria-label={t("jobs.stage")}
            data={drawn.map((each) => ({ value: each.stage, label: label("stage", each.stage) }))}
            value={stage.stage}
            onChange={choose}
          />
        ) : (
          <Text size="xs" c="dimmed">
            {t(asTable ? "jobs.tableHint" : "jobs.zoomHint")}
          </Text>
        )}
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={asTable}
          aria-controls={region}
          onClick={() => setAsTable(!asTable)}
        >
          {t(asTable ? "jobs.asCurve" : "jobs.asTable")}
        </Button>
      </Group>
      <div id={region}>
        {asTable ? (
          <CurveTable stage={stage} metrics={shown.flatMap(({ metrics }) => metrics)} />
        ) : (
          <div className={classes.panels}>
            {shown.map((panel, index) => (
              <CurvePanel
                key={`${stage.stage} ${panel.name}`}
                stage={stage}
                panel={panel}
                large={index === 0}
              />
            ))}
          </div>
        )}
      </div>
    </Stack>
  );
}
