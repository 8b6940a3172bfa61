import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  key: string;
  header: string;
  render: (row: Row) => ReactNode;
  numeric?: boolean;
}

interface Props<Row> {
  /** What the table shows, read out by screen readers. */
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string | number;
  /** Wide matrices scroll on a phone instead of turning rows into cards. */
  wide?: boolean;
}

/** A real table: the first column names the row. Explicit roles keep it one when a phone stacks its cells. */
export function DataTable<Row>({ caption, columns, rows, rowKey, wide }: Props<Row>) {
  const className = wide ? classes.table : `${classes.table} ${classes.stacked}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.scroll} aria-label={caption} tabIndex={0}>
      <Table className={className} role="table" aria-label={caption} highlightOnHover verticalSpacing="xs">
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {columns.map((column) => (
              <Table.Th
                key={column.key}
                role="columnheader"
                scope="col"
                className={column.numeric ? classes.numeric : undefined}
              >
                {column.header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} role="row">
              {columns.map((column, index) => {
                const className = column.numeric ? classes.numeric : undefined;
                return index === 0 ? (
                  <Table.Th
                    key={column.key}
                    role="rowheader"
                    scope="row"
                    data-label={column.header}
                    className={className}
                  >
                    <div>{column.render(row)}</div>
                  </Table.Th>
                ) : (
                  <Table.Td key={column.key} role="cell" data-label={column.header} className={className}>
                    <div>{column.render(row)}</div>
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
