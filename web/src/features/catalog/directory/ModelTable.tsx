import { Box, Text } from "@mantine/core";
import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { type CSSProperties, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Model } from "../../../api/types";
import { VersionLink } from "../../../components/Links";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { TopSkills } from "../components/TopSkills";
import classes from "./Directory.module.css";
import { ModelName } from "./ModelName";
import { useRowKeys } from "./useRowKeys";
import { useRows } from "./useRows";

const features = tableFeatures({});
const helper = createColumnHelper<typeof features, Model>();

interface Props {
  models: Model[];
  /** Whether the server has more. */
  more: boolean;
  needMore: () => void;
}

/** A table of any length: only the rows in sight are in the document. */
export function ModelTable({ models, more, needMore }: Props) {
  const { t } = useTranslation();
  const columns = useMemo(
    () =>
      helper.columns([
        helper.display({
          id: "name",
          header: t("common.name"),
          cell: ({ row }) => <ModelName model={row.original} />,
        }),
        helper.display({
          id: "state",
          header: t("common.state"),
          cell: ({ row }) => <What model={row.original} />,
        }),
        helper.display({
          id: "skills",
          header: t("catalog.topSkills"),
          cell: ({
            row: {
              original: { latest },
            },
          }) => latest && <TopSkills skills={latest.skills} />,
        }),
        helper.display({
          id: "base",
          header: t("catalog.base"),
          cell: ({
            row: {
              original: { latest },
            },
          }) => (latest?.base ? <VersionLink value={latest.base} /> : "–"),
        }),
        helper.display({
          id: "updated",
          header: t("directory.updated"),
          cell: ({ row }) => <Since at={row.original.updated_at} />,
        }),
      ]),
    [t],
  );
  const table = useTable({ features, columns, data: models });
  const { rows } = table.getRowModel();
  const { box, virtual, items, height } = useRows({ count: rows.length, size: 66, more, needMore });
  const onKeyDown = useRowKeys(rows.length, virtual);
  return (
    <Box
      ref={box}
      className={classes.table}
      role="table"
      aria-label={t("catalog.directory")}
      aria-rowcount={more ? -1 : rows.length + 1}
      onKeyDown={onKeyDown}
    >
      <Box role="rowgroup" className={classes.head}>
        {table.getHeaderGroups().map((group) => (
          <Box key={group.id} role="row" aria-rowindex={1} className={classes.row}>
            {group.headers.map((header) => (
              <Box key={header.id} role="columnheader">
                <table.FlexRender header={header} />
              </Box>
            ))}
          </Box>
        ))}
      </Box>
      <Box role="rowgroup" style={{ height, position: "relative" }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const style: CSSProperties = { transform: `translateY(${item.start}px)` };
          return (
            <Box
              key={row.original.name}
              ref={virtual.measureElement}
              data-index={item.index}
              role="row"
              aria-rowindex={item.index + 2}
              className={`${classes.row} ${classes.placed}`}
              style={style}
            >
              {row.getAllCells().map((cell, column) => (
                <Box key={cell.id} role={column === 0 ? "rowheader" : "cell"}>
                  <table.FlexRender cell={cell} />
                </Box>
              ))}
            </Box>
          );
        })}
      </Box>
    </Box>
  );
}

/** The state, the kind and the size of the latest version. */
function What({ model: { latest } }: { model: Model }) {
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
      <Text size="xs" c="dimmed" mt={2}>
        {label("kind.version", latest.kind)} ·{" "}
        {t("directory.parameters", { number: formats.short(latest.parameters) })}
      </Text>
    </>
  );
}
