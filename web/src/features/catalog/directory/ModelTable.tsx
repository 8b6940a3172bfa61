import { Box, Text } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Model } from "../../../api/types";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { TopSkills } from "../components/TopSkills";
import { type Cost, useCosts } from "./costs";
import classes from "./Directory.module.css";
import { ModelCost } from "./ModelCost";
import { ModelName } from "./ModelName";
import { useRowKeys } from "./useRowKeys";
import { useRows } from "./useRows";

/** In rem: three lines of text. */
const ROW = 5.25;

interface Props {
  models: Model[];
  /** Whether the server has more. */
  more: boolean;
  needMore: () => void;
}

/** A table of any length: only the rows in sight are in the document. */
export function ModelTable({ models, more, needMore }: Props) {
  const { t } = useTranslation();
  const { box, virtual, items, size, total } = useRows({ count: models.length, height: ROW, more, needMore });
  const costs = useCosts();
  const onKeyDown = useRowKeys(models.length, virtual);
  const headers = [
    t("common.name"),
    t("common.state"),
    t("catalog.topSkills"),
    t("catalog.base"),
    t("directory.updated"),
  ];
  return (
    <Box
      ref={box}
      className={classes.table}
      role="table"
      aria-label={t("catalog.directory")}
      aria-rowcount={more ? -1 : models.length + 1}
      onKeyDown={onKeyDown}
    >
      <Box role="rowgroup" className={classes.head}>
        <Box role="row" aria-rowindex={1} className={classes.row}>
          {headers.map((header) => (
            <Box key={header} role="columnheader">
              {header}
            </Box>
          ))}
        </Box>
      </Box>
      <Box role="rowgroup" style={{ height: total, position: "relative" }}>
        {items.map(({ index, start }) => {
          const model = models[index];
          return (
            model && (
              <Row
                key={model.name}
                model={model}
                cost={costs?.get(model.name)}
                index={index}
                start={start}
                size={size}
              />
            )
          );
        })}
      </Box>
    </Box>
  );
}

interface RowProps {
  model: Model;
  cost: Cost | undefined;
  index: number;
  /** Where it begins and how high it is, in pixels. */
  start: number;
  size: number;
}

/** Drawn once: scrolling draws the rows that come into sight, and no others. */
const Row = memo(function Row({ model, cost, index, start, size }: RowProps) {
  const { latest } = model;
  return (
    <Box
      data-index={index}
      role="row"
      aria-rowindex={index + 2}
      className={`${classes.row} ${classes.placed}`}
      style={{ height: size, transform: `translateY(${start}px)` }}
    >
      <Box role="rowheader">
        <ModelName model={model} />
      </Box>
      <Box role="cell">
        <What model={model} cost={cost} />
      </Box>
      <Box role="cell">{latest && <TopSkills skills={latest.skills} />}</Box>
      <Box role="cell">{latest?.base ?? "–"}</Box>
      <Box role="cell">
        <Since at={model.updated_at} />
      </Box>
    </Box>
  );
});

/** The state, the kind and the size of the latest version, and what the model costs. */
function What({ model, cost }: { model: Model; cost: Cost | undefined }) {
  const { latest } = model;
  const { t } = useTranslation();
  const label = useLabels();
  const formats = useFormats();
  if (!latest) {
    return (
      <Text size="sm" c="dimmed">
        {t("catalog.noVersion")}
      </Text>
    );
  }
  return (
    <>
      <StateBadge of="version" state={latest.state} />
      <Text size="xs" c="dimmed" mt={2} truncate>
        {label("kind.version", latest.kind)} ·{" "}
        {t("directory.parameters", { number: formats.short(latest.parameters) })}
      </Text>
      <ModelCost cost={cost} />
    </>
  );
}
