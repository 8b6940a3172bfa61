import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";
import type { components } from "../../../api/schema.gen";
import { useAct } from "../../../api/useAct";

type Schemas = components["schemas"];
export type Choice = Schemas["Choice"];
export type Took = Schemas["AnswerRead"];
export type Voted = Schemas["VoteRead"];
export type Standing = Schemas["StandingRead"];

/** Everybody who answers now and may be asked. */
export const choicesQuery = queryOptions({
  queryKey: ["playground", "choices"],
  queryFn: () => ok(client.GET("/api/v1/playground/choices")),
  refetchInterval: 15_000,
});

/** What an answer that has ended took; it never changes. */
export const tookQuery = (answer: string) =>
  queryOptions({
    queryKey: ["playground", "answers", answer],
    queryFn: () => ok(client.GET("/api/v1/playground/answers/{answer}", { params: { path: { answer } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The request whose delivery is tried. */
export const triedRequestQuery = (number: number) =>
  queryOptions({
    queryKey: ["request", number],
    queryFn: () => ok(client.GET("/api/v1/requests/{number}", { params: { path: { number } } })),
  });

export function useVoteOnAnswers() {
  return useAct({
    run: (body: Schemas["VoteCreate"]) => ok(client.POST("/api/v1/playground/votes", { body })),
    touches: [["request"]],
    showsError: true,
  });
}
