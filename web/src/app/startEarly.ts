/** What the first page needs besides the language, asked for while the language is loaded. */
import { maybeSignedIn, sessionQuery } from "../api/session";
import { queryClient } from "./queryClient";
import { router } from "./router";

export function startEarly(): void {
  if (!maybeSignedIn()) return;
  void queryClient.prefetchQuery(sessionQuery);
  const routes = new Map(Object.entries(router.routesById));
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    const route = routes.get(routeId);
    // Whoever draws the page meets the failure, and says so.
    if (route) router.loadRouteChunk(route)?.catch(() => undefined);
  }
}
