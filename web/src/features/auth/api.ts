import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { forget, sessionQuery, welcome } from "../../api/session";
import type { Me, Permission, RoleGrant } from "../../api/types";
import { useAct } from "../../api/useAct";

export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: () => ok(client.GET("/api/v1/people")),
});

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: () => ok(client.GET("/api/v1/tokens")),
});

export const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: () => ok(client.GET("/api/v1/roles")),
  staleTime: 60_000,
});

interface Asked {
  permission: Permission;
  department?: string;
  person?: string;
  model?: string;
}

export const explainQuery = (query: Asked) =>
  queryOptions({
    queryKey: ["explain", query],
    queryFn: () => ok(client.GET("/api/v1/access/explain", { params: { query } })),
    retry: false,
  });

export interface PersonChange {
  username: string;
  display_name?: string;
  active?: boolean;
}

export function useChangePerson(done: string) {
  return useAct({
    run: ({ username, ...body }: PersonChange) =>
      ok(client.PATCH("/api/v1/people/{username}", { params: { path: { username } }, body })),
    touches: [["people"], ["tokens"], ["roles"]],
    done,
  });
}

export function useTakeRole(done: string) {
  return useAct({
    run: ({ username, role, department }: RoleGrant & { username: string }) =>
      ok(
        client.DELETE("/api/v1/people/{username}/roles", {
          params: { path: { username }, query: { role, department } },
        }),
      ),
    touches: [["people"], ["roles"]],
    done,
  });
}

export function useChangeDepartment(done: string) {
  return useAct({
    run: ({ key, ...body }: { key: string; title: string; quota_bytes: number | null }) =>
      ok(client.PATCH("/api/v1/departments/{key}", { params: { path: { key } }, body })),
    touches: [["departments"]],
    done,
    showsError: true,
  });
}

function useSessionStart<In>(start: (input: In) => Promise<Me>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: start,
    onSuccess: (me) => {
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, welcome(me));
    },
  });
}

export function useSignIn() {
  return useSessionStart((body: { username: string; password: string }) =>
    ok(client.POST("/api/v1/session", { body })),
  );
}

export function useSignInByLink() {
  return useSessionStart((code: string) => ok(client.POST("/api/v1/session/link", { body: { code } })));
}

/** `leave` goes to a page that needs nobody signed in; only then what was known is dropped. */
export function useSignOut(leave: () => Promise<void>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ok(client.DELETE("/api/v1/session")),
    onSettled: async () => {
      forget();
      await leave();
      queries.clear();
    },
  });
}

export function useChangePassword(done: string) {
  return useAct({
    run: (body: { old: string; new: string }) => ok(client.POST("/api/v1/session/password", { body })),
    touches: [],
    done,
    showsError: true,
  });
}

export function useAddDepartment(done: string) {
  return useAct({
    run: (body: { key: string; title: string }) => ok(client.POST("/api/v1/departments", { body })),
    touches: [["departments"]],
    done,
    showsError: true,
  });
}

export interface NewPerson {
  username: string;
  display_name: string;
  password: string | null;
  roles: RoleGrant[];
}

export function useAddPerson(done: string) {
  return useAct({
    run: (body: NewPerson) => ok(client.POST("/api/v1/people", { body })),
    touches: [["people"]],
    done,
    showsError: true,
  });
}

export function useGiveRole(done: string) {
  return useAct({
    run: ({ username, ...body }: RoleGrant & { username: string }) =>
      ok(client.POST("/api/v1/people/{username}/roles", { params: { path: { username } }, body })),
    touches: [["people"]],
    done,
    showsError: true,
  });
}

export function useLoginLink() {
  return useAct({
    run: (username: string) =>
      ok(client.POST("/api/v1/people/{username}/login-link", { params: { path: { username } } })),
    touches: [],
  });
}

export interface NewToken {
  name: string;
  kind: "user" | "key";
  days: number | null;
  department: string | null;
  person: string | null;
}

export function useCreateToken() {
  return useAct({
    run: (body: NewToken) => ok(client.POST("/api/v1/tokens", { body })),
    touches: [["tokens"]],
    showsError: true,
  });
}

export function useRevokeToken(done: string) {
  return useAct({
    run: (id: string) =>
      ok(client.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: id } } })),
    touches: [["tokens"]],
    done,
  });
}
