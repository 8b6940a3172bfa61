import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";
import type { GateRule } from "../../../api/types";
import { useAct } from "../../../api/useAct";

export const gatesQuery = queryOptions({
  queryKey: ["gates"],
  queryFn: () => ok(client.GET("/api/v1/gates")),
});

export interface GateForm {
  /** The gate that gets other rules; null opens one. */
  id: string | null;
  name: string;
  department: string;
  rules: GateRule[];
  reason: string;
}

export function useSaveGate(done: string) {
  return useAct({
    run: ({ id, name, department, rules, reason }: GateForm) =>
      id === null
        ? ok(client.POST("/api/v1/gates", { body: { name, department, rules } }))
        : ok(
            client.PUT("/api/v1/gates/{gate_id}", {
              params: { path: { gate_id: id } },
              body: { rules, reason },
            }),
          ),
    touches: [["gates"], ["approval"], ["approvals"]],
    done,
    showsError: true,
  });
}
