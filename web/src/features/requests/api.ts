import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Request } from "../../api/types";
import { useAct } from "../../api/useAct";

export interface RequestFilters {
  state?: Request["state"];
  department?: string;
}

export const requestsQuery = (filters: RequestFilters) =>
  infiniteQueryOptions({
    queryKey: ["requests", filters],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/requests", { params: { query: { ...filters, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.next ? Number(page.next) : null),
    refetchInterval: 15_000,
  });

export const requestQuery = (number: number) =>
  queryOptions({
    queryKey: ["request", number],
    queryFn: () => ok(client.GET("/api/v1/requests/{number}", { params: { path: { number } } })),
  });

/** Versions that could be asked for, and endpoints they could work at. */
export const versionChoicesQuery = queryOptions({
  queryKey: ["versions", "choices"],
  queryFn: () => ok(client.GET("/api/v1/versions", { params: { query: { all: true, limit: 200 } } })),
});
export const endpointChoicesQuery = queryOptions({
  queryKey: ["endpoints"],
  queryFn: () => ok(client.GET("/api/v1/endpoints")),
});

export function useFileRequest() {
  return useAct({
    run: (body: { department: string; title: string; need: string }) =>
      ok(client.POST("/api/v1/requests", { body })),
    touches: [["requests"]],
    showsError: true,
  });
}

/** Asks that a version may work at an endpoint; the server files the request as well. */
export function useAskApproval() {
  return useAct({
    run: (body: { version: string; endpoint: string; title: string; need: string }) =>
      ok(client.POST("/api/v1/approvals", { body })),
    touches: [["requests"], ["approvals"]],
    showsError: true,
  });
}

export function useWithdraw(number: number, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/requests/{number}/withdraw", { params: { path: { number } }, body: { reason } }),
      ),
    touches: [["requests"], ["request", number], ["approvals"]],
    done,
  });
}
