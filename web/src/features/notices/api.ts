import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

/** How far this person has read, what is new, the tour. */
export const deskQuery = queryOptions({
  queryKey: ["desk"],
  queryFn: () => ok(client.GET("/api/v1/desk")),
});

export const noticesQuery = infiniteQueryOptions({
  queryKey: ["notices"],
  queryFn: ({ pageParam }) =>
    ok(
      client.GET("/api/v1/notices", {
        params: { query: { before: pageParam ? Number(pageParam) : undefined } },
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});

export function useChangeDesk() {
  return useAct({
    run: (body: { seen?: number; tour?: "offered" | "done" }) => ok(client.PATCH("/api/v1/desk", { body })),
    touches: [["desk"]],
    showsError: true,
  });
}

/** The stream of what changes in the house; the caller reads it. */
export function openHouseStream(after: number | null, signal: AbortSignal): Promise<Response> {
  const query = after === null ? "" : `?after=${after}`;
  return fetch(`/api/v1/events/stream${query}`, { signal, headers: { accept: "text/event-stream" } });
}
