import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { components } from "../../api/schema.gen";
import type { Request } from "../../api/types";
import { useAct } from "../../api/useAct";

type Schemas = components["schemas"];
export type Matches = Schemas["MatchesRead"];
export type Tried = Schemas["TriedRead"];
export type Offer = Schemas["OfferRead"];
export type Option = Schemas["OptionRead"];
export type Said = Schemas["SaidRead"];
export type Span = Schemas["SpanRead"];
export type NewRequest = Schemas["RequestCreate"];

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

const at = (number: number) => ({ params: { path: { number } } });

export const requestQuery = (number: number) =>
  queryOptions({
    queryKey: ["request", number],
    queryFn: () => ok(client.GET("/api/v1/requests/{number}", at(number))),
    refetchInterval: 15_000,
  });

/** What people preferred when they tried what the request was given. */
export const votesQuery = (number: number) =>
  queryOptions({
    queryKey: ["request", number, "votes"],
    queryFn: () => ok(client.GET("/api/v1/requests/{number}/votes", at(number))),
    refetchInterval: 15_000,
  });

const UNDER_WAY: readonly string[] = ["queued", "running"];

export const matchesQuery = (number: number) =>
  queryOptions({
    queryKey: ["request", number, "matches"],
    queryFn: () => ok(client.GET("/api/v1/requests/{number}/matches", at(number))),
    refetchInterval: (query) => (UNDER_WAY.includes(query.state.data?.state ?? "") ? 2_000 : false),
  });

/** `tried` is part of the key: every version that has answered makes another offer. */
export const offerQuery = (number: number, tried: number) =>
  queryOptions({
    queryKey: ["request", number, "offer", tried],
    queryFn: () => ok(client.GET("/api/v1/requests/{number}/offer", at(number))),
    placeholderData: (before) => before,
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

/** Keep a draft: a new one, or what changed of one that is there. */
export function useKeepDraft() {
  return useAct({
    run: ({ number, body }: { number?: number; body: NewRequest }) => {
      if (number === undefined)
        return ok(client.POST("/api/v1/requests", { body: { ...body, draft: true } }));
      const { department: _, draft: __, ...changed } = body;
      return ok(client.PATCH("/api/v1/requests/{number}", { ...at(number), body: changed }));
    },
    touches: [["requests"], ["request"]],
    showsError: true,
  });
}

/** Asks that a version may work at an endpoint; the server files the request as well. */
export function useAskApproval() {
  return useAct({
    run: (body: { version: string; endpoint: string; title: string; need: string; request?: number }) =>
      ok(client.POST("/api/v1/approvals", { body })),
    touches: [["requests"], ["approvals"]],
    showsError: true,
  });
}

const touched = (number: number) => [["requests"], ["request", number], ["approvals"]];

export function useTryVersions(number: number) {
  return useAct({
    run: () => ok(client.POST("/api/v1/requests/{number}/matches", at(number))),
    touches: touched(number),
  });
}

export function useChoose(number: number, done?: string) {
  return useAct({
    run: (option: string) =>
      ok(client.POST("/api/v1/requests/{number}/choose", { ...at(number), body: { option } })),
    touches: touched(number),
    done,
  });
}

export function useReopen(number: number) {
  return useAct({
    run: () => ok(client.POST("/api/v1/requests/{number}/reopen", at(number))),
    touches: touched(number),
  });
}

export function useSend(number: number, done: string) {
  return useAct({
    run: () => ok(client.POST("/api/v1/requests/{number}/send", at(number))),
    touches: touched(number),
    done,
  });
}

export function useOrder(number: number, done: string) {
  return useAct({
    run: (endpoint: string | null) =>
      ok(client.POST("/api/v1/requests/{number}/order", { ...at(number), body: { endpoint } })),
    touches: [...touched(number), ["jobs"]],
    done,
  });
}

export function useSay(number: number) {
  return useAct({
    run: (text: string) =>
      ok(client.POST("/api/v1/requests/{number}/messages", { ...at(number), body: { text } })),
    touches: touched(number),
  });
}

export function useAccept(number: number, done: string) {
  return useAct({
    run: (note: string) =>
      ok(client.POST("/api/v1/requests/{number}/accept", { ...at(number), body: { note } })),
    touches: touched(number),
    done,
  });
}

export function useGiveBack(number: number, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(client.POST("/api/v1/requests/{number}/give-back", { ...at(number), body: { reason } })),
    touches: touched(number),
    done,
  });
}

export function useWithdraw(number: number, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(client.POST("/api/v1/requests/{number}/withdraw", { ...at(number), body: { reason } })),
    touches: touched(number),
    done,
  });
}
