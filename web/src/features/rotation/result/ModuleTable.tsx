import { Box, Stack, Text, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import type { Report } from "../api";
import classes from "./ModuleTable.module.css";

const ROW = 34;

/** Module by module, the one that lost most first; only the rows in sight are drawn. */
export function ModuleTable({ report }: { report: Report }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const box = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const rows = useMemo(
    () =>
      report.modules
        .filter(({ module }) => module.toLowerCase().includes(wanted))
        .sort((a, b) => a.energy_kept - b.energy_kept),
    [report.modules, wanted],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const headers = [t("rotation.module"), t("rotation.rank"), t("rotation.energyKept"), ...report.parents];
  const columns = { gridTemplateColumns: `minmax(16rem, 1fr) 5rem repeat(${headers.length - 2}, 8.5rem)` };
  return (
    <Stack gap="xs">
      <TextInput
        label={t("rotation.filterModules")}
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        w={{ base: "100%", xs: 320 }}
      />
      <Box ref={box} className={classes.box} tabIndex={0} role="region" aria-label={t("rotation.modules")}>
        <Box
          role="table"
          aria-label={t("rotation.modules")}
          aria-rowcount={rows.length + 1}
          className={classes.table}
        >
          <Box role="rowgroup" className={classes.head}>
            <Row index={1} style={columns}>
              {headers.map((header) => (
                <Box key={header} role="columnheader">
                  {header}
                </Box>
              ))}
            </Row>
          </Box>
          <Box role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              return (
                <Row
                  key={row.module}
                  index={index + 2}
                  style={{ ...columns, position: "absolute", top: start, height: ROW, width: "100%" }}
                >
                  <Cell header>
                    <code>{row.module}</code>
                  </Cell>
                  <Cell>{formats.number(row.rank)}</Cell>
                  <Cell>{formats.percent(row.energy_kept)}</Cell>
                  {report.parents.map((ref, parent) => (
                    <Cell key={ref}>{formats.percent(row.kept[parent])}</Cell>
                  ))}
                </Row>
              );
            })}
          </Box>
        </Box>
      </Box>
      <Text size="sm" c="dimmed" aria-live="polite">
        {t("rotation.modulesShown", {
          found: formats.number(rows.length),
          all: formats.number(report.modules.length),
        })}
      </Text>
    </Stack>
  );
}

interface RowProps {
  index: number;
  style: React.CSSProperties;
  children: React.ReactNode;
}

function Row({ index, style, children }: RowProps) {
  return (
    <Box role="row" aria-rowindex={index} className={classes.row} style={style}>
      {children}
    </Box>
  );
}

function Cell({ header, children }: { header?: boolean; children: React.ReactNode }) {
  return (
    <Box role={header ? "rowheader" : "cell"} className={header ? classes.name : classes.number}>
      {children}
    </Box>
  );
}
