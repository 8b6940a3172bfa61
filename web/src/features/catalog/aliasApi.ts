import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

const MODEL = "/api/v1/models/{department}/{model}";

const key = (department: string, model: string) => ["model", department, model, "aliases"] as const;

export const aliasesQuery = (department: string, model: string) =>
  queryOptions({
    queryKey: key(department, model),
    queryFn: () => ok(client.GET(`${MODEL}/aliases`, { params: { path: { department, model } } })),
  });

export const aliasHistoryQuery = (department: string, model: string, alias: string) =>
  infiniteQueryOptions({
    queryKey: [...key(department, model), alias, "history"],
    queryFn: ({ pageParam }) =>
      ok(
        client.GET(`${MODEL}/aliases/{alias}/history`, {
          params: { path: { department, model, alias }, query: { cursor: pageParam, limit: 20 } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** Where the alias pointed in that moment, an ISO time with a zone. */
export const aliasAtQuery = (department: string, model: string, alias: string, moment: string) =>
  queryOptions({
    queryKey: [...key(department, model), alias, "at", moment],
    queryFn: () =>
      ok(
        client.GET(`${MODEL}/aliases/{alias}/at`, {
          params: { path: { department, model, alias }, query: { moment } },
        }),
      ),
    retry: false,
  });

export interface AliasMove {
  alias: string;
  version: number;
  reason: string;
  protected: boolean;
}

export function useMoveAlias(department: string, model: string, done: string) {
  return useAct({
    run: ({ alias, ...body }: AliasMove) =>
      ok(client.PUT(`${MODEL}/aliases/{alias}`, { params: { path: { department, model, alias } }, body })),
    touches: [["model", department, model], ["models"], ["versions"]],
    done,
    showsError: true,
  });
}

export function useRemoveAlias(department: string, model: string, done: string) {
  return useAct({
    run: ({ alias, reason }: { alias: string; reason: string }) =>
      ok(
        client.DELETE(`${MODEL}/aliases/{alias}`, {
          params: { path: { department, model, alias }, query: { reason } },
        }),
      ),
    touches: [["model", department, model], ["models"], ["versions"]],
    done,
  });
}

/** A protected alias moves when somebody else has signed. */
export function useAskForAlias(name: string, done: string) {
  return useAct({
    run: ({ alias, version, reason }: AliasMove) =>
      ok(
        client.POST("/api/v1/approvals", {
          body: {
            version: `${name}@${version}`,
            alias,
            title: `${name}: ${alias} → v${version}`,
            need: reason,
          },
        }),
      ),
    touches: [["approvals"], ["requests"]],
    done,
    showsError: true,
  });
}
