import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

export interface DirectoryFilters {
  search?: string;
  department?: string;
  state?: "draft" | "candidate" | "approved" | "suspended" | "retired";
  kind?: "base" | "adapter" | "full";
}

export const directoryQuery = (filters: DirectoryFilters) =>
  infiniteQueryOptions({
    queryKey: ["versions", filters],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/versions", { params: { query: { ...filters, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const modelQuery = (department: string, model: string) =>
  queryOptions({
    queryKey: ["model", department, model],
    queryFn: () =>
      ok(client.GET("/api/v1/models/{department}/{model}", { params: { path: { department, model } } })),
  });

export const versionsQuery = (department: string, model: string) =>
  queryOptions({
    queryKey: ["model", department, model, "versions"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/models/{department}/{model}/versions", {
          params: { path: { department, model } },
        }),
      ),
  });

export const versionQuery = (department: string, model: string, number: number) =>
  queryOptions({
    queryKey: ["model", department, model, "versions", number],
    queryFn: () =>
      ok(
        client.GET("/api/v1/models/{department}/{model}/versions/{number}", {
          params: { path: { department, model, number } },
        }),
      ),
  });

export const skillsQuery = (department: string | undefined) =>
  queryOptions({
    queryKey: ["skills", department ?? null],
    queryFn: () => ok(client.GET("/api/v1/skills", { params: { query: { department } } })),
  });

export type Move = "retire" | "suspend" | "reinstate";

/** Change what a version is: out of service, paused, back again. */
export function useMove(department: string, model: string, number: number, done: string) {
  const params = { path: { department, model, number } };
  return useAct({
    run: ({ move, reason }: { move: Move; reason: string }) =>
      ok(
        move === "retire"
          ? client.POST("/api/v1/models/{department}/{model}/versions/{number}/retire", {
              params,
              body: { reason },
            })
          : move === "suspend"
            ? client.POST("/api/v1/models/{department}/{model}/versions/{number}/suspend", {
                params,
                body: { reason },
              })
            : client.POST("/api/v1/models/{department}/{model}/versions/{number}/reinstate", {
                params,
                body: { reason },
              }),
      ),
    touches: [["model", department, model], ["versions"], ["skills"]],
    done,
  });
}
