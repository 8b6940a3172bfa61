import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Budget } from "../../api/types";
import { useAct } from "../../api/useAct";

export type BudgetKind = Budget["kind"];

export interface BudgetPlace {
  kind: BudgetKind;
  subject: string;
}

export interface BudgetTerms {
  limit_micro: number;
  alert_percent: number;
  on_spent: Budget["on_spent"];
}

export const usageQuery = (month: string | undefined, department?: string) =>
  queryOptions({
    queryKey: ["usage", "all", month ?? null, department ?? null],
    queryFn: () => ok(client.GET("/api/v1/usage", { params: { query: { month, department } } })),
    placeholderData: keepPreviousData,
  });

export const jobUsageQuery = (month: string | undefined) =>
  queryOptions({
    queryKey: ["usage", "jobs", month ?? null],
    queryFn: () => ok(client.GET("/api/v1/usage/jobs", { params: { query: { month } } })),
    placeholderData: keepPreviousData,
  });

export const unitCostsQuery = (month: string | undefined, department?: string) =>
  queryOptions({
    queryKey: ["usage", "units", month ?? null, department ?? null],
    queryFn: () => ok(client.GET("/api/v1/usage/units", { params: { query: { month, department } } })),
    placeholderData: keepPreviousData,
  });

export const budgetsQuery = (department?: string) =>
  queryOptions({
    queryKey: ["usage", "budgets", department ?? null],
    queryFn: () => ok(client.GET("/api/v1/usage/budgets", { params: { query: { department } } })),
    refetchInterval: 15_000,
  });

export function useSetBudget(done: string) {
  return useAct({
    run: ({ place, terms }: { place: BudgetPlace; terms: BudgetTerms }) =>
      ok(client.PUT("/api/v1/budgets/{kind}/{subject}", { params: { path: { ...place } }, body: terms })),
    touches: [["usage"]],
    done,
    showsError: true,
  });
}

export function useRemoveBudget(done: string) {
  return useAct({
    run: (place: BudgetPlace) =>
      ok(client.DELETE("/api/v1/budgets/{kind}/{subject}", { params: { path: { ...place } } })),
    touches: [["usage"]],
    done,
  });
}

/** Where a bill is downloaded. */
export function exportAddress(format: "csv" | "focus", month: string | undefined, department?: string) {
  const query = new URLSearchParams({ format });
  if (month) query.set("month", month);
  if (department) query.set("department", department);
  return `/api/v1/usage/export?${query}`;
}
