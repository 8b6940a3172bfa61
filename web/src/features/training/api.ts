import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { components } from "../../api/schema.gen";
import { useAct } from "../../api/useAct";

export type Estimate = components["schemas"]["TrainingEstimate"];

export const estimateQuery = (yaml: string) =>
  queryOptions({
    queryKey: ["training", "estimate", yaml],
    queryFn: () => ok(client.POST("/api/v1/trainings/estimate", { body: { yaml } })),
    placeholderData: keepPreviousData,
  });

export function useOrder() {
  return useAct({
    run: (yaml: string) => ok(client.POST("/api/v1/trainings", { body: { yaml } })),
    touches: [["jobs"]],
    showsError: true,
  });
}
