import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";
import type { Comparison } from "../../../api/types";
import { useAct } from "../../../api/useAct";

export const comparisonsQuery = (version?: string) =>
  infiniteQueryOptions({
    queryKey: ["comparisons", version ?? null],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/comparisons", { params: { query: { version, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    retry: false,
  });

export interface ComparisonOrder {
  version: string;
  reference: string;
  suites: string[];
  question: Comparison["question"];
  margin: number | null;
}

export function useOrderComparison(done: string) {
  return useAct({
    run: (body: ComparisonOrder) => ok(client.POST("/api/v1/comparisons", { body })),
    touches: [["jobs"], ["comparisons"]],
    done,
    showsError: true,
  });
}
