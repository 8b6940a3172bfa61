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

/** Approve or reject; the digest says which bytes the decision is about. */
export function useDecide(approval: Approval, done: Record<"approve" | "reject", string>) {
  const path = { approval_id: approval.id };
  const touches = [
    ["approval", approval.id],
    ["approvals"],
    ["requests"],
    ["request"],
    ["versions"],
    ["model"],
  ];
  const approve = useAct({
    run: ({ reason, accepted }: { reason: string; accepted: string[] }) =>
      ok(
        client.POST("/api/v1/approvals/{approval_id}/approve", {
          params: { path },
          body: { reason, digest: approval.digest, accept_differences: accepted },
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
  return { approve, reject };
}
