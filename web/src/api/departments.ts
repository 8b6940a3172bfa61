import { queryOptions, useQuery } from "@tanstack/react-query";
import { client, ok } from "./client";

export const departmentsQuery = queryOptions({
  queryKey: ["departments"],
  queryFn: () => ok(client.GET("/api/v1/departments")),
  staleTime: 60_000,
});

/** Departments as choices of a select: the key is the value. */
export function useDepartmentChoices(): { value: string; label: string }[] {
  const { data } = useQuery(departmentsQuery);
  return (data?.items ?? []).map((each) => ({ value: each.key, label: each.title }));
}
