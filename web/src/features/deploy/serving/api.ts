import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";
import type { Capacity, Capture } from "../../../api/types";
import { useAct } from "../../../api/useAct";

/** Kinds of chips that this house has; the same answer as the compute board's. */
export const chipsQuery = queryOptions({
  queryKey: ["compute"],
  queryFn: () => ok(client.GET("/api/v1/compute")),
});

export const enginesQuery = queryOptions({
  queryKey: ["engines"],
  queryFn: () => ok(client.GET("/api/v1/engines")),
  refetchInterval: 5_000,
});

const at = (department: string, name: string) => ({ path: { department, name } });

export const captureQuery = (department: string, name: string) =>
  queryOptions({
    queryKey: ["capture", department, name],
    queryFn: () =>
      ok(client.GET("/api/v1/endpoints/{department}/{name}/capture", { params: at(department, name) })),
  });

/** The newest of what is kept. */
export const exchangesQuery = (department: string, name: string) =>
  queryOptions({
    queryKey: ["capture", department, name, "exchanges"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/endpoints/{department}/{name}/exchanges", {
          params: { ...at(department, name), query: { limit: 20 } },
        }),
      ),
  });

export function useConfigure(department: string, name: string, done: string) {
  return useAct({
    run: (body: Capacity) =>
      ok(
        client.PATCH("/api/v1/endpoints/{department}/{name}/capacity", {
          params: at(department, name),
          body,
        }),
      ),
    touches: [["endpoints"], ["engines"]],
    done,
    showsError: true,
  });
}

export interface CaptureWanted extends Pick<Capture, "days" | "agreed"> {
  erase: boolean;
}

export function useCapture(department: string, name: string, done: string) {
  return useAct({
    run: (body: CaptureWanted) =>
      ok(client.PUT("/api/v1/endpoints/{department}/{name}/capture", { params: at(department, name), body })),
    touches: [["capture", department, name]],
    done,
    showsError: true,
  });
}
