import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { parseRef } from "../../lib/refs";
import type { VersionPath } from "./fileApi";
import { BUDGET } from "./lineage/graph";

const VERSION = "/api/v1/models/{department}/{model}/versions/{number}";

export const lineageQuery = (version: VersionPath, hops: number) =>
  queryOptions({
    queryKey: ["lineage", version, hops],
    queryFn: () =>
      ok(
        client.GET(`${VERSION}/lineage`, {
          params: { path: { ...version }, query: { hops, limit: BUDGET } },
        }),
      ),
  });

/** The direct relatives of a version that is on the picture already. */
export const kinQuery = (ref: string) => {
  const { department = "", model = "", number } = parseRef(ref) ?? {};
  return lineageQuery({ department, model, number: number ?? 0 }, 1);
};

export const affectedQuery = (version: VersionPath) =>
  queryOptions({
    queryKey: ["affected", version],
    queryFn: () => ok(client.GET(`${VERSION}/affected`, { params: { path: { ...version } } })),
  });
