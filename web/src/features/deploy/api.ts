import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Approval, Endpoint } from "../../api/types";
import { useAct } from "../../api/useAct";

const SETTLED: Endpoint["state"][] = ["ready", "empty", "stopped"];

export const endpointsQuery = queryOptions({
  queryKey: ["endpoints"],
  queryFn: () => ok(client.GET("/api/v1/endpoints")),
  refetchInterval: 10_000,
});

/** One endpoint; asked again soon while it starts or is in trouble. */
export const endpointQuery = (department: string, name: string) =>
  queryOptions({
    queryKey: ["endpoints", department, name],
    queryFn: () =>
      ok(client.GET("/api/v1/endpoints/{department}/{name}", { params: { path: { department, name } } })),
    refetchInterval: ({ state }) => {
      if (state.error) return false;
      return state.data && SETTLED.includes(state.data.state) ? 15_000 : 2_000;
    },
  });

/** Where the versions of a model, `department/model`, worked and work. */
export const assignmentsQuery = (of: string) => {
  const [department = "", model = ""] = of.split("/");
  return queryOptions({
    queryKey: ["endpoints", "assignments", of],
    queryFn: () =>
      ok(
        client.GET("/api/v1/models/{department}/{model}/assignments", {
          params: { path: { department, model } },
        }),
      ),
  });
};

/** Approvals that allow a version to work at this endpoint. */
export const approvedQuery = queryOptions({
  queryKey: ["approvals", "approved", "choices"],
  queryFn: () =>
    ok(client.GET("/api/v1/approvals", { params: { query: { state: "approved", limit: 200 } } })),
});

export const keysQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: () => ok(client.GET("/api/v1/tokens")),
});

export const endpointUsageQuery = (department: string) =>
  queryOptions({
    queryKey: ["usage", department],
    queryFn: () => ok(client.GET("/api/v1/usage", { params: { query: { department } } })),
  });

const touches = [["endpoints"]];

export function useAddEndpoint(done: string) {
  return useAct({
    run: (body: { name: string; title: string }) => ok(client.POST("/api/v1/endpoints", { body })),
    touches,
    done,
    showsError: true,
  });
}

export function useDeploy(department: string, name: string, done: string) {
  const params = { path: { department, name } };
  return useAct({
    run: ({ id, version, digest }: Approval) => {
      const body = { approval: id, version, digest };
      return ok(client.POST("/api/v1/endpoints/{department}/{name}/deploy", { params, body }));
    },
    touches,
    done,
  });
}

export function useRollback(department: string, name: string, done: string) {
  const params = { path: { department, name } };
  return useAct({
    run: (reason: string) =>
      ok(client.POST("/api/v1/endpoints/{department}/{name}/rollback", { params, body: { reason } })),
    touches,
    done,
  });
}

export function useStop(department: string, name: string, done: string) {
  const params = { path: { department, name } };
  return useAct({
    run: (reason: string) =>
      ok(client.POST("/api/v1/endpoints/{department}/{name}/stop", { params, body: { reason } })),
    touches,
    done,
  });
}

export function useCreateKey() {
  return useAct({
    run: (body: { name: string; department: string; days: number }) =>
      ok(client.POST("/api/v1/tokens", { body: { ...body, kind: "key" } })),
    touches: [["tokens"]],
    showsError: true,
  });
}
