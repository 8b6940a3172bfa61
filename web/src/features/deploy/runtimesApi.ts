import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { ConformanceOrder } from "../../api/types";
import { useAct } from "../../api/useAct";

export const evidenceQuery = queryOptions({
  queryKey: ["evidence"],
  queryFn: () => ok(client.GET("/api/v1/evidence")),
});

export const fitsQuery = (version: string) =>
  queryOptions({
    queryKey: ["fits", version],
    queryFn: () => ok(client.GET("/api/v1/fits", { params: { query: { version } } })),
    enabled: version !== "",
    retry: false,
  });

export function useTry(done: string) {
  return useAct({
    run: (body: ConformanceOrder) => ok(client.POST("/api/v1/evidence/runs", { body })),
    touches: [["jobs"], ["evidence"]],
    done,
    showsError: true,
  });
}
