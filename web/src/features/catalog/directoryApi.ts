import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { DirectoryFilters } from "./directory/filters";

/** The filters as the server takes them. */
function asked({ look: _look, ...filters }: DirectoryFilters) {
  return filters;
}

const PAGE = 100;

export const modelsQuery = (filters: DirectoryFilters) => {
  const query = asked(filters);
  return infiniteQueryOptions({
    queryKey: ["models", query],
    queryFn: ({ pageParam, signal }) =>
      ok(
        client.GET("/api/v1/models", {
          params: { query: { ...query, cursor: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // A long list is neither compared nor fetched again, page by page, whenever the window comes to the front.
    structuralSharing: false,
    refetchOnWindowFocus: false,
    staleTime: 30_000,
  });
};

/** Models whose name or words begin like this, for a list to choose from. */
export const findModelsQuery = (search: string) =>
  queryOptions({
    queryKey: ["models", "find", search],
    queryFn: ({ signal }) =>
      ok(client.GET("/api/v1/models", { params: { query: { search, limit: 8 } }, signal })),
    staleTime: 30_000,
  });

export const facetsQuery = (filters: DirectoryFilters) => {
  const { sort: _sort, ...query } = asked(filters);
  return queryOptions({
    queryKey: ["models", "facets", query],
    queryFn: ({ signal }) => ok(client.GET("/api/v1/models/facets", { params: { query }, signal })),
    staleTime: 30_000,
  });
};

/** Ask for what the directory shows first, before its page is here. */
export function startDirectory(queries: QueryClient, filters: DirectoryFilters): void {
  void queries.prefetchInfiniteQuery(modelsQuery(filters));
  void queries.prefetchQuery(facetsQuery(filters));
}
