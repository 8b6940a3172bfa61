/** What versions have in common and where they differ, as rows. */
import type { Version } from "../../../api/types";

export interface CompareRow {
  name: string;
  values: string[];
  differs: boolean;
}

export const FEWEST = 2;
export const MOST = 6;

/** A fact of the intake as text; an object is written out. */
function said(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A row for each fact that any of the versions has, by name. */
export function factRows(versions: Version[]): CompareRow[] {
  const names = [...new Set(versions.flatMap(({ facts }) => Object.keys(facts)))].sort();
  return names.map((name) =>
    rowOf(
      name,
      versions.map(({ facts }) => said(facts[name])),
    ),
  );
}

export function rowOf(name: string, values: string[]): CompareRow {
  return { name, values, differs: new Set(values).size > 1 };
}

export interface Cell {
  score: number;
  low: number;
  high: number;
}

/** The places of the best in a row: those whose interval reaches up to the best score; nobody when only one sat it. */
export function best(cells: (Cell | undefined)[]): number[] {
  const sat = cells.filter((cell) => cell !== undefined);
  if (sat.length < FEWEST) return [];
  const top = sat.reduce((found, cell) => (cell.score > found.score ? cell : found));
  return cells.flatMap((cell, place) => (cell && cell.high >= top.score ? [place] : []));
}
