import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { RolloutDetail, RolloutStart } from "../../api/types";
import { useAct } from "../../api/useAct";

export const OPEN: RolloutDetail["state"][] = ["running", "inconclusive"];

export const routeQuery = (department: string, name: string) =>
  queryOptions({
    queryKey: ["endpoints", department, name, "route"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/endpoints/{department}/{name}/route", { params: { path: { department, name } } }),
      ),
    refetchInterval: 5_000,
  });

export const rolloutsQuery = (department: string, name: string) =>
  queryOptions({
    queryKey: ["endpoints", department, name, "rollouts"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/endpoints/{department}/{name}/rollouts", {
          params: { path: { department, name } },
        }),
      ),
    refetchInterval: 10_000,
  });

/** One rollout with its live health. */
export const rolloutQuery = (department: string, name: string, number: number) =>
  queryOptions({
    queryKey: ["endpoints", department, name, "rollouts", number],
    queryFn: () =>
      ok(
        client.GET("/api/v1/endpoints/{department}/{name}/rollouts/{number}", {
          params: { path: { department, name, number } },
        }),
      ),
    refetchInterval: ({ state }) => (state.data && OPEN.includes(state.data.state) ? 3_000 : false),
  });

export const pairQuery = (department: string, name: string, number: number) =>
  queryOptions({
    queryKey: ["pairs", department, name, number],
    queryFn: () =>
      ok(
        client.GET("/api/v1/endpoints/{department}/{name}/rollouts/{number}/pairs", {
          params: { path: { department, name, number } },
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.items.length === 0 ? 5_000 : false),
  });

const touches = [["endpoints"]];

export function useStartRollout(department: string, name: string, done: string) {
  const params = { path: { department, name } };
  return useAct({
    run: (body: RolloutStart) =>
      ok(client.POST("/api/v1/endpoints/{department}/{name}/rollouts", { params, body })),
    touches,
    done,
    showsError: true,
  });
}

/** What a person may do with a rollout that is open. */
export function useRollout(department: string, name: string, number: number) {
  const params = { path: { department, name, number } };
  const advance = useAct({
    run: (body: { weight?: number; reason: string }) =>
      ok(client.POST("/api/v1/endpoints/{department}/{name}/rollouts/{number}/advance", { params, body })),
    touches,
  });
  const promote = useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/endpoints/{department}/{name}/rollouts/{number}/promote", {
          params,
          body: { reason },
        }),
      ),
    touches,
  });
  const takeBack = useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/endpoints/{department}/{name}/rollouts/{number}/rollback", {
          params,
          body: { reason },
        }),
      ),
    touches,
  });
  return { advance, promote, takeBack };
}

export function useVote(department: string, name: string, number: number) {
  return useAct({
    run: ({ id, better }: { id: string; better: "first" | "second" | "same" }) =>
      ok(
        client.POST("/api/v1/endpoints/{department}/{name}/rollouts/{number}/pairs/{pair_id}/vote", {
          params: { path: { department, name, number, pair_id: id } },
          body: { better },
        }),
      ),
    touches: [["pairs", department, name, number], ...touches],
  });
}
