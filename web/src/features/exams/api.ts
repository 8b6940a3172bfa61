import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Change, Slot, TaskImport } from "../../api/types";
import { useAct } from "../../api/useAct";

/** "department/name" in two parts, as the addresses have it. */
export interface SuiteName {
  department: string;
  name: string;
}

export function partsOf(name: string): SuiteName {
  const [department = "", rest = ""] = name.split("/");
  return { department, name: rest };
}

export const suitesQuery = (slot?: Slot) =>
  queryOptions({
    queryKey: ["suites", slot ?? null],
    queryFn: () => ok(client.GET("/api/v1/suites", { params: { query: { slot } } })),
  });

export const suiteQuery = ({ department, name }: SuiteName) =>
  queryOptions({
    queryKey: ["suite", department, name],
    queryFn: () =>
      ok(
        client.GET("/api/v1/suites/{department}/{suite}", {
          params: { path: { department, suite: name } },
        }),
      ),
  });

export const runsQuery = (suite: string) =>
  infiniteQueryOptions({
    queryKey: ["runs", suite],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/evaluations", { params: { query: { suite, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const runQuery = (id: string, against?: string, change?: Change) =>
  infiniteQueryOptions({
    queryKey: ["run", id, against ?? null, change ?? null],
    queryFn: ({ pageParam }) =>
      ok(
        client.GET("/api/v1/evaluations/{run_id}", {
          params: {
            path: { run_id: id },
            query: { against, change: change ? [change] : undefined, cursor: pageParam, limit: 25 },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.next === null ? null : Number(page.next)),
    placeholderData: keepPreviousData,
  });

export function useImportTask() {
  return useAct({
    run: (body: TaskImport) => ok(client.POST("/api/v1/suites/import", { body })),
    touches: [["suites"]],
    showsError: true,
  });
}

export function useOrderExam(suite: string) {
  return useAct({
    run: (version: string) =>
      ok(
        client.POST("/api/v1/evaluations", {
          body: { versions: [version], suites: [suite], engine: "aird" },
        }),
      ),
    touches: [["jobs"]],
    showsError: true,
  });
}
