import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";
import type { ComputeBoard } from "../../../api/types";
import { useAct } from "../../../api/useAct";

export type Machine = ComputeBoard["machines"][number];
export type Holder = Machine["slot_holders"][number];
export type Waiting = ComputeBoard["waiting"][number];
export type Quota = ComputeBoard["quotas"][number];

/** Whose quota of which kind of chip. */
export interface QuotaPlace {
  department: string;
  flavour: string;
}

export interface QuotaNumbers {
  guarantee: number;
  deserved: number;
  limit: number | null;
  weight: number;
}

export const computeQuery = queryOptions({
  queryKey: ["compute"],
  queryFn: () => ok(client.GET("/api/v1/compute")),
  refetchInterval: 5_000,
});

export function useSetQuota(done: string) {
  return useAct({
    run: ({ place, numbers }: { place: QuotaPlace; numbers: QuotaNumbers }) =>
      ok(
        client.PUT("/api/v1/quotas/{department}/{flavour}", {
          params: { path: { ...place } },
          body: numbers,
        }),
      ),
    touches: [["compute"]],
    done,
    showsError: true,
  });
}

export function useRemoveQuota(done: string) {
  return useAct({
    run: (place: QuotaPlace) =>
      ok(client.DELETE("/api/v1/quotas/{department}/{flavour}", { params: { path: { ...place } } })),
    touches: [["compute"]],
    done,
  });
}
