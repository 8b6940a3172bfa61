import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

export interface AuditFilters {
  event?: string;
  actor?: string;
  subject?: string;
  reason?: string;
  /** Days, as the person's own clock has them; the last one is included. */
  from?: string;
  to?: string;
}

/** The filters as the API takes them: a day begins at midnight where the person is. */
function wanted({ from, to, ...rest }: AuditFilters) {
  return { ...rest, since: from && midnight(from, 0), until: to && midnight(to, 1) };
}

function midnight(day: string, later: number): string | undefined {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return undefined;
  return new Date(year, month - 1, date + later).toISOString();
}

export const EXPORT = "/api/v1/audit/export";

export function exportAddress(form: "jsonl" | "csv", filters: AuditFilters): string {
  const words = new URLSearchParams({ form });
  for (const [name, value] of Object.entries(wanted(filters))) if (value) words.set(name, value);
  return `${EXPORT}?${words}`;
}

const PAGE = 50;

/** The log, newest first; a page begins before the last entry of the one above. */
export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam }) =>
      ok(
        client.GET("/api/v1/audit", {
          params: { query: { ...wanted(filters), before: pageParam, limit: PAGE } },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.next ? Number(page.next) : null),
  });

export function useVerify() {
  return useAct({ run: () => ok(client.POST("/api/v1/audit/verify")), touches: [], showsError: true });
}

/** Heads of the chain that the server noted outside its database. */
export const anchorsQuery = queryOptions({
  queryKey: ["audit", "anchors"],
  queryFn: () => ok(client.GET("/api/v1/audit/anchors")),
});
