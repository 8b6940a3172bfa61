import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Approval } from "../../api/types";
import { useAct } from "../../api/useAct";

export const approvalsQuery = (state: Approval["state"] | undefined) =>
  infiniteQueryOptions({
    queryKey: ["approvals", state ?? null],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/approvals", { params: { query: { state, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 10_000,
  });

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id],
    queryFn: () =>
      ok(client.GET("/api/v1/approvals/{approval_id}", { params: { path: { approval_id: id } } })),
  });

/** What of the version is not its base's, with the lines that differ. */
export const differencesQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id, "differences"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/approvals/{approval_id}/differences", { params: { path: { approval_id: id } } }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id, "conversation"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/approvals/{approval_id}/conversation", { params: { path: { approval_id: id } } }),
      ),
  });

/** The version that works there now, which this one would follow. */
export const replacedQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id, "replaces"],
    queryFn: () =>
      ok(client.GET("/api/v1/approvals/{approval_id}/replaces", { params: { path: { approval_id: id } } })),
  });

export function useComment(id: string, done: string) {
  return useAct({
    run: (text: string) =>
      ok(
        client.POST("/api/v1/approvals/{approval_id}/conversation", {
          params: { path: { approval_id: id } },
          body: { text },
        }),
      ),
    touches: [["approval", id]],
    done,
  });
}

const touched = (id: string) => [
  ["approval", id],
  ["approvals"],
  ["requests"],
  ["request"],
  ["versions"],
  ["model"],
];

/** Ask again with what is known now, for the same version or another one. */
export function useRenew(id: string, done: string) {
  return useAct({
    run: (body: { text: string; version: number | null }) =>
      ok(
        client.POST("/api/v1/approvals/{approval_id}/renew", { params: { path: { approval_id: id } }, body }),
      ),
    touches: touched(id),
    done,
  });
}

/** Approve, ask for changes or reject; the seal says what the decision is about: bytes, gates and exam report. */
export function useDecide(approval: Approval, done: Record<"approve" | "reject" | "changes", string>) {
  const path = { approval_id: approval.id };
  const touches = touched(approval.id);
  const approve = useAct({
    run: ({ reason, accepted }: { reason: string; accepted: string[] }) =>
      ok(
        client.POST("/api/v1/approvals/{approval_id}/approve", {
          params: { path },
          body: {
            reason,
            digest: approval.digest,
            seal: approval.seal || null,
            accept_differences: accepted,
          },
        }),
      ),
    touches,
    done: done.approve,
  });
  const reject = useAct({
    run: (reason: string) =>
      ok(client.POST("/api/v1/approvals/{approval_id}/reject", { params: { path }, body: { reason } })),
    touches,
    done: done.reject,
  });
  const changes = useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/approvals/{approval_id}/request-changes", {
          params: { path },
          body: { reason },
        }),
      ),
    touches,
    done: done.changes,
  });
  return { approve, reject, changes };
}
