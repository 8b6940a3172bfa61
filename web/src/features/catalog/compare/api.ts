import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";

/** The exams that a version sat, the newest first. */
export const sittingsQuery = (version: string) =>
  queryOptions({
    queryKey: ["runs", "of", version],
    queryFn: () => ok(client.GET("/api/v1/evaluations", { params: { query: { version, limit: 50 } } })),
  });

const ANSWERS = 200;

/** The answers of one run, as many as the server gives at once. */
export const answersQuery = (run: string) =>
  queryOptions({
    queryKey: ["run", run, "answers"],
    queryFn: () =>
      ok(
        client.GET("/api/v1/evaluations/{run_id}", {
          params: { path: { run_id: run }, query: { limit: ANSWERS } },
        }),
      ),
    staleTime: 60_000,
  });
