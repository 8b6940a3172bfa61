import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

/** What of the sample organisation is here. */
export const sampleQuery = queryOptions({
  queryKey: ["sample"],
  queryFn: () => ok(client.GET("/api/v1/sample")),
});

/** Take it away: everything on every page may have changed. */
export function useRemoveSample(done: string) {
  return useAct({ run: () => ok(client.DELETE("/api/v1/sample")), touches: [[]], done });
}
