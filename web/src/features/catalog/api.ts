import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

/** The latest versions of the first models, for lists in other places. */
export const latestQuery = (limit: number) =>
  queryOptions({
    queryKey: ["versions", "latest", limit],
    queryFn: () => ok(client.GET("/api/v1/versions", { params: { query: { limit } } })),
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

export type Move = "retire" | "suspend" | "reinstate";

/** Change what a version is: out of service, paused, back again. */
export function useMove(department: string, model: string, number: number, done: string) {
  const params = { path: { department, model, number } };
  return useAct({
    run: ({ move, reason, successor }: { move: Move; reason: string; successor?: string }) =>
      ok(
        move === "retire"
          ? client.POST("/api/v1/models/{department}/{model}/versions/{number}/retire", {
              params,
              body: { reason, successor },
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
    touches: [["model", department, model], ["models"], ["versions"], ["skills"], ["lineage"]],
    done,
  });
}

/** Versions of any model that fit what is typed, old ones too. */
export const findVersionsQuery = (search: string, kind: "base" | undefined) =>
  queryOptions({
    queryKey: ["versions", "find", search, kind ?? null],
    queryFn: () =>
      ok(
        client.GET("/api/v1/versions", {
          params: { query: { search: search || undefined, kind, all: true, limit: 30 } },
        }),
      ),
  });
