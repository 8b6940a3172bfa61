import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { components } from "../../api/schema.gen";
import type { Job } from "../../api/types";
import { useAct } from "../../api/useAct";

export interface JobFilters {
  state?: Job["state"];
  kind?: string;
  department?: string;
}

const REFRESH = 5_000;

export function isFinal(job: Pick<Job, "state">): boolean {
  return job.state === "succeeded" || job.state === "failed" || job.state === "cancelled";
}

export const jobsQuery = (filters: JobFilters) =>
  infiniteQueryOptions({
    queryKey: ["jobs", filters],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/jobs", { params: { query: { ...filters, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH,
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: () => ok(client.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } })),
    refetchInterval: ({ state }) => (state.error || (state.data && isFinal(state.data)) ? false : REFRESH),
  });

/** Jobs that examine versions; their orders hold ids. */
export function isExamination({ kind }: Pick<Job, "kind">): boolean {
  return kind === "evaluation.run" || kind === "evaluation.harness" || kind === "evaluation.compare";
}

export type ExamOrder = components["schemas"]["ExamOrderRead"];

/** What an examination was ordered with, by name. */
export const examOrderQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id, "examOrder"],
    queryFn: () => ok(client.GET("/api/v1/evaluations/jobs/{job_id}", { params: { path: { job_id: id } } })),
    retry: false,
  });

/** Decisions of admission, the newest first. */
export const decisionsQuery = (id: string, final: boolean) =>
  queryOptions({
    queryKey: ["job", id, "decisions"],
    queryFn: () => ok(client.GET("/api/v1/jobs/{job_id}/decisions", { params: { path: { job_id: id } } })),
    refetchInterval: final ? false : REFRESH,
  });

/** Events after a sequence number, as many as one answer may have. */
export function eventsPage(id: string, after: number) {
  const params = { path: { job_id: id }, query: { after, limit: 5000 } };
  return ok(client.GET("/api/v1/jobs/{job_id}/events", { params }));
}

export function openStream(id: string, after: number, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (after > 0) headers["last-event-id"] = String(after);
  return fetch(`/api/v1/jobs/${encodeURIComponent(id)}/events/stream`, { headers, signal });
}

export function useCancelJob(id: string, done: string) {
  return useAct({
    run: () => ok(client.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id } } })),
    touches: [["job", id], ["jobs"]],
    done,
  });
}

export function useRetryJob(id: string, done: string) {
  return useAct({
    run: () => ok(client.POST("/api/v1/jobs/{job_id}/retry", { params: { path: { job_id: id } } })),
    touches: [["job", id], ["jobs"]],
    done,
  });
}

export function useCloneJob(id: string, done: string) {
  return useAct({
    run: () => ok(client.POST("/api/v1/jobs/{job_id}/clone", { params: { path: { job_id: id } }, body: {} })),
    touches: [["jobs"]],
    done,
  });
}
