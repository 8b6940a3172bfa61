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

export function useMe(): Me {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the signed-in person may do this somewhere; the server decides where. */
export function useMay(): (permission: Me["permissions"][number]) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}
