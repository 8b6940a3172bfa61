import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

export interface AuditFilters {
  event?: string;
  actor?: string;
  subject?: string;
}

const PAGE = 50;

/** The log, newest first; a page begins before the last entry of the one above. */
export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/audit", { params: { query: { ...filters, before: pageParam, limit: PAGE } } })),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.next ? Number(page.next) : null),
  });

export function useVerify() {
  return useAct({ run: () => ok(client.POST("/api/v1/audit/verify")), touches: [], showsError: true });
}
