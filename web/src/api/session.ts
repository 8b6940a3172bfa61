/** Who is signed in. The cookie cannot be read here, so a mark says whether asking the server is worth it. */
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { client, ok, setCsrf } from "./client";
import type { Me } from "./types";

const MARK = "aird.signed-in";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Me> => welcome(await ok(client.GET("/api/v1/session"))),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Note a fresh session. */
export function welcome(me: Me): Me {
  setCsrf(me.csrf);
  localStorage.setItem(MARK, "1");
  return me;
}

/** Note that the session is over. */
export function forget(): void {
  setCsrf("");
  localStorage.removeItem(MARK);
}

export function maybeSignedIn(): boolean {
  return localStorage.getItem(MARK) !== null;
}

/** Do this when another tab notes that the session is over. */
export function whenSignedOutElsewhere(leave: () => void): void {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === MARK && newValue === null) leave();
  });
}

export function useMe(): Me {
  return useSuspenseQuery(sessionQuery).data;
}

type Permission = Me["permissions"][number];
type Rights = Pick<Me, "permissions" | "everywhere" | "in_departments">;

/** Whether this may be done: in the department, as the server asks, or somewhere where none is named. */
export function mayDo(me: Rights, permission: Permission, department?: string): boolean {
  if (department === undefined) return me.permissions.includes(permission);
  return me.everywhere.includes(permission) || (me.in_departments[department]?.includes(permission) ?? false);
}

/** What the signed-in person may do. Name the department of what a button acts on; else it is "somewhere". */
export function useMay(): (permission: Permission, department?: string) => boolean {
  const me = useMe();
  return (permission, department) => mayDo(me, permission, department);
}
