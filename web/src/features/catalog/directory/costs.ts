import { queryOptions, useQuery } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";
import { useMay } from "../../../api/session";
import type { UnitCosts } from "../../../api/types";

export interface Cost {
  version: number;
  micro: number;
  currency: string;
}

/** What a million tokens cost with the idle time, by model: that of its newest version that answered. */
export function byModel({ items, currency }: UnitCosts): Map<string, Cost> {
  const found = new Map<string, Cost>();
  for (const { version: ref, per_million_micro: micro } of items) {
    const [name = "", number] = ref.split("@");
    const version = Number(number);
    if (micro === null || !(version > (found.get(name)?.version ?? 0))) continue;
    found.set(name, { version, micro, currency });
  }
  return found;
}

const costsQuery = queryOptions({
  queryKey: ["usage", "units", null, null],
  queryFn: () => ok(client.GET("/api/v1/usage/units")),
  staleTime: 60_000,
});

/** This month's, by model; empty where nothing was measured, or where it is not this person's to know. */
export function useCosts(): Map<string, Cost> | undefined {
  const may = useMay();
  return useQuery({ ...costsQuery, enabled: may("usage.read"), select: byModel }).data;
}
