import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { components } from "../../api/schema.gen";
import { useAct } from "../../api/useAct";

type Schemas = components["schemas"];
export type Estimate = Schemas["DistillationEstimate"];
export type TeacherEstimate = Schemas["TeacherEstimate"];
export type Match = Schemas["MatchRead"];

export const estimateQuery = (yaml: string) =>
  queryOptions({
    queryKey: ["mentoring", "estimate", yaml],
    queryFn: () => ok(client.POST("/api/v1/distillations/estimate", { body: { yaml } })),
    placeholderData: keepPreviousData,
  });

export const matchesQuery = (student: string | null, skill: string | null) =>
  queryOptions({
    queryKey: ["mentoring", "matches", student, skill],
    queryFn: () =>
      ok(
        client.GET("/api/v1/mentoring/matches", {
          params: { query: { student: student ?? undefined, skill: skill ?? undefined } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export function useOrder() {
  return useAct({
    run: (yaml: string) => ok(client.POST("/api/v1/distillations", { body: { yaml } })),
    touches: [["jobs"]],
    showsError: true,
  });
}
