/** Versions and data sets to choose from in a form, found by the server. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "./client";

export const versionChoicesQuery = (search: string, kind?: "base" | "adapter" | "full") =>
  queryOptions({
    queryKey: ["models", "choices", search, kind ?? ""],
    queryFn: () =>
      ok(
        client.GET("/api/v1/models", { params: { query: { search: search || undefined, kind, limit: 30 } } }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const datasetChoicesQuery = queryOptions({
  queryKey: ["datasets", "all"],
  queryFn: () => ok(client.GET("/api/v1/datasets", { params: { query: { limit: 200 } } })),
  staleTime: 30_000,
});
