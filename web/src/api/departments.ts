import { queryOptions, useQuery } from "@tanstack/react-query";
import { client, ok } from "./client";
import { useMe } from "./session";

interface Choice {
  value: string;
  label: string;
}

export const departmentsQuery = queryOptions({
  queryKey: ["departments"],
  queryFn: () => ok(client.GET("/api/v1/departments")),
  staleTime: 60_000,
});

/** Departments as choices of a select: the key is the value. */
export function useDepartmentChoices(): Choice[] {
  const { data } = useQuery(departmentsQuery);
  return (data?.items ?? []).map((each) => ({ value: each.key, label: each.title }));
}

/** A department by the title that people know it by; its key while that is not there yet. */
export function useDepartmentTitle(): (key: string) => string {
  const { data } = useQuery(departmentsQuery);
  return (key) => data?.items.find((each) => each.key === key)?.title ?? key;
}

/** Those in which the signed-in person holds a role; a role in the whole organisation means all. */
export function useOwnDepartmentChoices(): Choice[] {
  const { roles } = useMe();
  const all = useDepartmentChoices();
  if (roles.some((role) => !role.department)) return all;
  return all.filter((each) => roles.some((role) => role.department === each.value));
}

/** Whether a department came with the sample organisation. */
export function useIsSample(): (department: string) => boolean {
  const { data } = useQuery(departmentsQuery);
  return (department) => data?.items.some((each) => each.key === department && each.sample) ?? false;
}
