import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiError, client, guardHeaders, ok, toApiError } from "../../api/client";
import type { Dataset, DatasetPreview, DatasetVersion } from "../../api/types";
import { useAct } from "../../api/useAct";
import type { DatasetPath, FindingKind } from "./words";

export interface Rating {
  completion_id: string;
  rating: 1 | -1;
  comment: string;
  messages: { role: "system" | "user" | "assistant"; content: string }[];
  answer: string;
  correction?: string;
}

/** A rating becomes an item of the endpoint's feedback dataset. */
export function useRate(done: string) {
  return useAct({ run: (body: Rating) => ok(client.POST("/api/v1/feedback", { body })), touches: [], done });
}

export interface DatasetFilters {
  kind?: Dataset["kind"];
  department?: string;
}

export const datasetsQuery = (filters: DatasetFilters) =>
  infiniteQueryOptions({
    queryKey: ["datasets", filters],
    queryFn: ({ pageParam }) =>
      ok(client.GET("/api/v1/datasets", { params: { query: { ...filters, cursor: pageParam, limit: 50 } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const datasetQuery = (path: DatasetPath) =>
  queryOptions({
    queryKey: ["dataset", path],
    queryFn: () => ok(client.GET("/api/v1/datasets/{department}/{dataset}", { params: { path } })),
  });

export const datasetVersionsQuery = (path: DatasetPath) =>
  queryOptions({
    queryKey: ["dataset", path, "versions"],
    queryFn: () => ok(client.GET("/api/v1/datasets/{department}/{dataset}/versions", { params: { path } })),
    refetchInterval: 5_000,
  });

const at = (path: DatasetPath, number: number) => ({ params: { path: { ...path, number } } });

export const datasetVersionQuery = (path: DatasetPath, number: number) =>
  queryOptions({
    queryKey: ["dataset", path, "version", number],
    queryFn: () =>
      ok(client.GET("/api/v1/datasets/{department}/{dataset}/versions/{number}", at(path, number))),
  });

export const reportQuery = (path: DatasetPath, number: number, examined: string) =>
  queryOptions({
    queryKey: ["dataset", path, "report", number, examined],
    queryFn: () =>
      ok(client.GET("/api/v1/datasets/{department}/{dataset}/versions/{number}/report", at(path, number))),
  });

export const findingsQuery = (path: DatasetPath, number: number, examined: string, kind: FindingKind) =>
  infiniteQueryOptions({
    queryKey: ["dataset", path, "findings", number, examined, kind],
    queryFn: ({ pageParam }) =>
      ok(
        client.GET("/api/v1/datasets/{department}/{dataset}/versions/{number}/findings", {
          params: { path: { ...path, number }, query: { kind, cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.next ? Number(page.next) : null),
  });

export const deployedQuery = (digest: string) =>
  queryOptions({
    queryKey: ["datasets-affected", digest],
    queryFn: () => ok(client.GET("/api/v1/datasets-affected/deployed", { params: { query: { digest } } })),
  });

export interface NewDataset {
  name: string;
  title: string;
  kind: Dataset["kind"];
}

export function useOpenDataset() {
  return useAct({
    run: (body: NewDataset) => ok(client.POST("/api/v1/datasets", { body })),
    touches: [["datasets"]],
    showsError: true,
  });
}

export interface Terms {
  license: string;
  source: string;
  consent: Dataset["consent"];
  consent_note: string;
  retention_days: number;
  reason: string;
}

export function useChangeTerms(path: DatasetPath, done: string) {
  return useAct({
    run: (body: Terms) =>
      ok(client.PATCH("/api/v1/datasets/{department}/{dataset}", { params: { path }, body })),
    touches: [["datasets"], ["dataset", path]],
    done,
    showsError: true,
  });
}

export function useExamine(path: DatasetPath, number: number, done: string) {
  return useAct({
    run: () =>
      ok(client.POST("/api/v1/datasets/{department}/{dataset}/versions/{number}/examine", at(path, number))),
    touches: [["jobs"]],
    done,
  });
}

export function useClean(path: DatasetPath, number: number, done: string) {
  return useAct({
    run: (leave_out: FindingKind[]) =>
      ok(
        client.POST("/api/v1/datasets/{department}/{dataset}/versions/{number}/clean", {
          ...at(path, number),
          body: { leave_out },
        }),
      ),
    touches: [["jobs"]],
    done,
  });
}

export function usePermit(path: DatasetPath, number: number, split: string, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/datasets/{department}/{dataset}/versions/{number}/permit", {
          ...at(path, number),
          body: { split, reason },
        }),
      ),
    touches: [["datasets"], ["dataset", path]],
    done,
  });
}

export function useErase(path: DatasetPath, number: number, done: string) {
  return useAct({
    run: (reason: string) =>
      ok(
        client.POST("/api/v1/datasets/{department}/{dataset}/versions/{number}/erase", {
          ...at(path, number),
          body: { reason },
        }),
      ),
    touches: [["datasets"], ["dataset", path]],
    done,
  });
}

export interface ImportOrder {
  files: File[];
  /** How items are dealt out; empty where files are named by their split. */
  shares: Record<string, number>;
  splits: Record<string, string>;
  columns: Record<string, string>;
  dropOthers: boolean;
  encoding: string;
}

function formOf(order: ImportOrder, more: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const file of order.files) form.append("files", file, file.name);
  const json = { shares: order.shares, splits: order.splits, columns: order.columns };
  for (const [name, value] of Object.entries(json)) {
    if (Object.keys(value).length > 0) form.append(name, JSON.stringify(value));
  }
  if (order.dropOthers) form.append("others", "drop");
  form.append("encoding", order.encoding);
  for (const [name, value] of Object.entries(more)) form.append(name, value);
  return form;
}

async function send<T>(url: string, body: FormData): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      body,
      headers: guardHeaders(),
      credentials: "same-origin",
    });
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw toApiError(response.status, answer);
  return answer as T;
}

/** What the files would become; nothing is kept. */
export function usePreview(name: string) {
  return useAct({
    run: (order: ImportOrder) =>
      send<DatasetPreview>("/api/v1/datasets/preview", formOf(order, { dataset: name })),
    touches: [],
    showsError: true,
  });
}

export function useImport(path: DatasetPath) {
  return useAct({
    run: (order: ImportOrder) =>
      send<DatasetVersion>(`/api/v1/datasets/${path.department}/${path.dataset}/versions`, formOf(order)),
    touches: [["datasets"], ["dataset", path]],
    showsError: true,
  });
}
