import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { CareerPlan } from "../../api/types";
import { useAct } from "../../api/useAct";

export interface PlanFilters {
  state?: CareerPlan["state"];
  department?: string;
}

const REFRESH = 5_000;

/** "department/name" in two parts, as the addresses have it. */
export interface PlanName {
  department: string;
  name: string;
}

export const plansQuery = (filters: PlanFilters) =>
  infiniteQueryOptions({
    queryKey: ["plans", filters],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/plans", { params: { query: { ...filters, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH,
  });

export const planQuery = (plan: PlanName) =>
  queryOptions({
    queryKey: ["plan", plan.department, plan.name],
    queryFn: () => ok(client.GET("/api/v1/plans/{department}/{name}", { params: { path: { ...plan } } })),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? REFRESH : false),
  });

export const templatesQuery = queryOptions({
  queryKey: ["plan-templates"],
  queryFn: () => ok(client.GET("/api/v1/plans/templates")),
  staleTime: Number.POSITIVE_INFINITY,
});

export function useForecast() {
  return useMutation({
    mutationFn: (yaml: string) => ok(client.POST("/api/v1/plans/estimate", { body: { yaml } })),
  });
}

export function useApplyPlan(done: string) {
  return useAct({
    run: (yaml: string) => ok(client.POST("/api/v1/plans", { body: { yaml } })),
    touches: [["plans"], ["plan"], ["jobs"]],
    done,
    showsError: true,
  });
}

export function useAdvancePlan(plan: PlanName, done: string) {
  return useAct({
    run: () =>
      ok(client.POST("/api/v1/plans/{department}/{name}/advance", { params: { path: { ...plan } } })),
    touches: [["plans"], ["plan", plan.department, plan.name], ["jobs"]],
    done,
  });
}

export function useCancelPlan(plan: PlanName, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/plans/{department}/{name}/cancel", {
          params: { path: { ...plan } },
          body: { reason },
        }),
      ),
    touches: [["plans"], ["plan", plan.department, plan.name], ["jobs"]],
    done,
  });
}
