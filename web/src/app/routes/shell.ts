/** The root, the way in, and the frame that every other page stands in. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "../../api/client";
import { forget, maybeSignedIn, sessionQuery } from "../../api/session";
import { loginSearch } from "../search";
import { Shell } from "../shell/Shell";

export const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });

export const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "login",
  validateSearch: loginSearch,
  component: lazyRouteComponent(() => import("../../features/auth/pages/LoginPage"), "LoginPage"),
});

export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const login = redirect({ to: "/login", search: { next: location.href } });
    if (!maybeSignedIn()) throw login;
    try {
      await context.queries.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      forget();
      throw login;
    }
  },
});

export const inShell = () => shellRoute;
