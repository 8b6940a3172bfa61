import { Table } from "@mantine/core";
import { Fragment, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import classes from "./DataTable.module.css";

export interface Column<Row> {
  key: string;
  header: string;
  render: (row: Row) => ReactNode;
  numeric?: boolean;
  /** Short values that should not be broken over lines. */
  nowrap?: boolean;
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
    <ScrollBox>
      <Table className={className} role="table" aria-label={caption} highlightOnHover verticalSpacing="xs">
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {columns.map((column) => (
              <Table.Th key={column.key} role="columnheader" scope="col" className={cellClass(column)}>
                <Breakable text={column.header} />
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} role="row">
              {columns.map((column, index) => {
                const className = cellClass(column);
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
    </ScrollBox>
  );
}

/** A heading that may be a name such as support/specialist@1, which may go on in a second line after its slash. */
function Breakable({ text }: { text: string }) {
  const [first = "", ...others] = text.split(/(?<=\/)/);
  return (
    <>
      {first}
      {others.map((each) => (
        <Fragment key={each}>
          <wbr />
          {each}
        </Fragment>
      ))}
    </>
  );
}

function cellClass({ numeric, nowrap }: { numeric?: boolean; nowrap?: boolean }): string | undefined {
  if (numeric) return classes.numeric;
  return nowrap ? classes.nowrap : undefined;
}

/** Scrolls sideways when it must; only then is it a stop of the Tab key. */
function ScrollBox({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setScrolls(element.scrollWidth > element.clientWidth + 1);
    const observer = new ResizeObserver(look);
    // The table too: rows that come later make it wider than the box, whose own size stays.
    for (const each of [element, ...element.children]) observer.observe(each);
    look();
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} className={classes.scroll} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </div>
  );
}
