import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Model } from "../../api/types";
import { useAct } from "../../api/useAct";

const MODEL = "/api/v1/models/{department}/{model}";

export interface ModelPath {
  department: string;
  model: string;
}

const key = ({ department, model }: ModelPath, what: string) => ["model", department, model, what] as const;

export const accessRequestsQuery = (path: ModelPath) =>
  queryOptions({
    queryKey: key(path, "access-requests"),
    queryFn: () => ok(client.GET(`${MODEL}/access-requests`, { params: { path: { ...path } } })),
  });

export const grantsQuery = (path: ModelPath) =>
  queryOptions({
    queryKey: key(path, "grants"),
    queryFn: () => ok(client.GET(`${MODEL}/grants`, { params: { path: { ...path } } })),
  });

export function useChangeModel(path: ModelPath, done: string) {
  return useAct({
    run: (body: Partial<Pick<Model, "visibility" | "gating" | "title" | "description" | "tags">>) =>
      ok(client.PATCH(MODEL, { params: { path: { ...path } }, body })),
    touches: [["model", path.department, path.model], ["models"]],
    done,
  });
}

export function useAskAccess(path: ModelPath, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(
        client.POST(`${MODEL}/access-requests`, {
          params: { path: { ...path } },
          body: { fields: { reason } },
        }),
      ),
    touches: [["model", path.department, path.model]],
    done,
  });
}

export function useDecideAccess(path: ModelPath, done: string) {
  return useAct({
    run: ({ id, state, reason }: { id: string; state: "accepted" | "rejected"; reason: string }) =>
      ok(
        client.POST(`${MODEL}/access-requests/{request_id}`, {
          params: { path: { ...path, request_id: id } },
          body: { state, reason },
        }),
      ),
    touches: [["model", path.department, path.model]],
    done,
  });
}

export function useGrant(path: ModelPath, done: string) {
  return useAct({
    run: ({ to, give }: { to: string; give: boolean }) => {
      const params = { path: { ...path, grantee: to } };
      return ok<unknown>(
        give
          ? client.PUT(`${MODEL}/grants/{grantee}`, { params })
          : client.DELETE(`${MODEL}/grants/{grantee}`, { params }),
      );
    },
    touches: [["model", path.department, path.model]],
    done,
  });
}
