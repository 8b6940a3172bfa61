import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";

export const usageQuery = (month: string | undefined) =>
  queryOptions({
    queryKey: ["usage", "all", month ?? null],
    queryFn: () => ok(client.GET("/api/v1/usage", { params: { query: { month } } })),
    placeholderData: keepPreviousData,
  });

export const jobUsageQuery = (month: string | undefined) =>
  queryOptions({
    queryKey: ["usage", "jobs", month ?? null],
    queryFn: () => ok(client.GET("/api/v1/usage/jobs", { params: { query: { month } } })),
    placeholderData: keepPreviousData,
  });
