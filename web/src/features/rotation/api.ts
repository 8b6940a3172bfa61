import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { components } from "../../api/schema.gen";
import type { Job } from "../../api/types";
import { useAct } from "../../api/useAct";
import { parseRef } from "../../lib/refs";

type Schemas = components["schemas"];
export type Candidate = Schemas["CandidateRead"];
export type Plan = Schemas["PlanRead"];
export type Measure = Schemas["MeasureRead"];
export type Search = Schemas["SearchRead"];
export type Trial = Schemas["TrialRead"];
export type SuiteScore = Schemas["SuiteScore"];
export type SearchSpace = Schemas["SearchSpace"];
export type Report = Schemas["ReportRead"];
export type ReportModule = Schemas["ReportModule"];

export interface Order {
  yaml: string;
  notes?: string;
  license?: string;
  search?: SearchSpace;
}

/** How often a job that runs is asked after. */
const REFRESH = 1_500;

export function isFinal(state: string): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

export const candidatesQuery = (chosen: string[], q: string, limit: number) =>
  queryOptions({
    queryKey: ["merge", "candidates", chosen, q, limit],
    queryFn: () => ok(client.GET("/api/v1/merges/candidates", { params: { query: { chosen, q, limit } } })),
    placeholderData: keepPreviousData,
  });

export const planQuery = (yaml: string) =>
  queryOptions({
    queryKey: ["merge", "plan", yaml],
    queryFn: () => ok(client.POST("/api/v1/merges/plan", { body: { yaml } })),
    placeholderData: keepPreviousData,
  });

/** The key and the shape are those of the catalog's query, so that both share what was fetched. */
export const versionQuery = (ref: string) => {
  const { department = "", model = "", number } = parseRef(ref) ?? {};
  return queryOptions({
    queryKey: ["model", department, model, "versions", number ?? 0],
    queryFn: () =>
      ok(
        client.GET("/api/v1/models/{department}/{model}/versions/{number}", {
          params: { path: { department, model, number: number ?? 0 } },
        }),
      ),
    enabled: number != null,
  });
};

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: (): Promise<Job> =>
      ok(client.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } })),
    refetchInterval: ({ state }) =>
      state.error || (state.data && isFinal(state.data.state)) ? false : REFRESH,
  });

export const searchQuery = (id: string) =>
  queryOptions({
    queryKey: ["merge", "search", id],
    queryFn: () => ok(client.GET("/api/v1/merges/searches/{job_id}", { params: { path: { job_id: id } } })),
    refetchInterval: ({ state }) =>
      state.error || (state.data && isFinal(state.data.state)) ? false : REFRESH,
  });

export const reportQuery = (version: string) =>
  queryOptions({
    queryKey: ["merge", "report", version],
    queryFn: () => ok(client.GET("/api/v1/merges/report", { params: { query: { version } } })),
  });

export const recipeQuery = (version: string) =>
  queryOptions({
    queryKey: ["merge", "recipe", version],
    queryFn: () => ok(client.GET("/api/v1/merges/recipe", { params: { query: { version } } })),
  });

export const datasetsQuery = queryOptions({
  queryKey: ["datasets", "all"],
  queryFn: () => ok(client.GET("/api/v1/datasets", { params: { query: { limit: 200 } } })),
  staleTime: 60_000,
});

export function useOrder() {
  return useAct({
    run: (body: Order) => ok(client.POST("/api/v1/merges", { body })),
    touches: [["jobs"]],
    showsError: true,
  });
}

export function useOrderSearch() {
  return useAct({
    run: (body: Order) => ok(client.POST("/api/v1/merges/search", { body })),
    touches: [["jobs"]],
    showsError: true,
  });
}

export function useMeasure() {
  return useAct({
    run: (body: Order) => ok(client.POST("/api/v1/merges/measure", { body })),
    touches: [["jobs"]],
    showsError: true,
  });
}

export function useCancel(id: string, done: string) {
  return useAct({
    run: () => ok(client.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id } } })),
    touches: [["job", id], ["jobs"], ["merge", "search", id]],
    done,
  });
}

export function useWithout() {
  return useAct({
    run: (body: { version: string; without: string[] }) =>
      ok(client.POST("/api/v1/merges/without", { body })),
    touches: [],
  });
}

export function useReproduce(ref: string) {
  const { department = "", model = "", number } = parseRef(ref) ?? {};
  return useAct({
    run: () =>
      ok(
        client.POST("/api/v1/models/{department}/{model}/versions/{number}/reproduce", {
          params: { path: { department, model, number: number ?? 0 } },
        }),
      ),
    touches: [["jobs"]],
  });
}
