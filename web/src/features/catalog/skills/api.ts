import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";

export interface MatrixFilters {
  department?: string;
  suite?: string[];
  every: boolean;
}

/** Measured versions against suites, page by page. */
export const matrixQuery = ({ department, suite, every }: MatrixFilters) =>
  infiniteQueryOptions({
    queryKey: ["skills", department ?? null, suite ?? [], every],
    queryFn: ({ pageParam }) =>
      ok(
        client.GET("/api/v1/skills", {
          params: {
            query: { department, suite, all: every, cursor: pageParam || undefined, limit: 50 },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });

/** Measured versions against skills or slots, page by page. */
export const groupedQuery = (by: "skill" | "slot", { department, every }: MatrixFilters) =>
  infiniteQueryOptions({
    queryKey: ["skills", "groups", by, department ?? null, every],
    queryFn: ({ pageParam }) =>
      ok(
        client.GET("/api/v1/skills/groups", {
          params: { query: { by, department, all: every, cursor: pageParam || undefined, limit: 50 } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });

/** How a model's skills went from version to version. */
export const historyQuery = (department: string, model: string) =>
  queryOptions({
    queryKey: ["model", department, model, "skills"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/models/{department}/{model}/skills", {
          params: { path: { department, model } },
        }),
      ),
  });
