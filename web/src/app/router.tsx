import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import { forget, maybeSignedIn, sessionQuery } from "../api/session";
import { STATES as APPROVAL_STATES } from "../features/approval/states";
import { KINDS as VERSION_KINDS, STATES as VERSION_STATES } from "../features/catalog/lifecycle";
import { STATES as JOB_STATES } from "../features/jobs/kinds";
import { STATES as REQUEST_STATES } from "../features/requests/states";
import { NotFoundPage } from "./pages/NotFoundPage";
import { RouteError } from "./pages/RouteError";
import { queryClient, whenSessionEnds } from "./queryClient";
import {
  type ApprovalsSearch,
  count,
  type DirectorySearch,
  type JobsSearch,
  oneOf,
  type PeopleSearch,
  parseSearch,
  type RequestsSearch,
  stringifySearch,
  text,
} from "./search";
import { Shell } from "./shell/Shell";

const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "login",
  validateSearch: (raw: Record<string, unknown>): { once?: string; next?: string } => ({
    once: text(raw.once),
    next: text(raw.next),
  }),
  component: lazyRouteComponent(() => import("../features/auth/pages/LoginPage"), "LoginPage"),
});

const shellRoute = createRoute({
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

const inShell = () => shellRoute;

const homeRoute = createRoute({
  getParentRoute: inShell,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/HomePage"), "HomePage"),
});

const modelsRoute = createRoute({
  getParentRoute: inShell,
  path: "models",
  validateSearch: (raw: Record<string, unknown>): DirectorySearch => ({
    search: text(raw.search),
    department: text(raw.department),
    state: oneOf(raw.state, VERSION_STATES),
    kind: oneOf(raw.kind, VERSION_KINDS),
  }),
  component: lazyRouteComponent(() => import("../features/catalog/pages/DirectoryPage"), "DirectoryPage"),
});

const modelRoute = createRoute({
  getParentRoute: inShell,
  path: "models/$department/$model",
  validateSearch: (raw: Record<string, unknown>): { version?: number } => ({ version: count(raw.version) }),
  component: lazyRouteComponent(() => import("./pages/ModelPage"), "ModelPage"),
});

const skillsRoute = createRoute({
  getParentRoute: inShell,
  path: "skills",
  validateSearch: (raw: Record<string, unknown>): { department?: string } => ({ department: text(raw.department) }),
  component: lazyRouteComponent(() => import("../features/catalog/pages/SkillsPage"), "SkillsPage"),
});

const jobsRoute = createRoute({
  getParentRoute: inShell,
  path: "jobs",
  validateSearch: (raw: Record<string, unknown>): JobsSearch => ({
    state: oneOf(raw.state, JOB_STATES),
    kind: text(raw.kind),
    department: text(raw.department),
  }),
  component: lazyRouteComponent(() => import("../features/jobs/pages/JobsPage"), "JobsPage"),
});

const jobRoute = createRoute({
  getParentRoute: inShell,
  path: "jobs/$id",
  component: lazyRouteComponent(() => import("../features/jobs/pages/JobPage"), "JobPage"),
});

const requestsRoute = createRoute({
  getParentRoute: inShell,
  path: "requests",
  validateSearch: (raw: Record<string, unknown>): RequestsSearch => ({
    state: oneOf(raw.state, REQUEST_STATES),
    department: text(raw.department),
  }),
  component: lazyRouteComponent(() => import("../features/requests/pages/RequestsPage"), "RequestsPage"),
});

const newRequestRoute = createRoute({
  getParentRoute: inShell,
  path: "requests/new",
  validateSearch: (raw: Record<string, unknown>): { version?: string; endpoint?: string } => ({
    version: text(raw.version),
    endpoint: text(raw.endpoint),
  }),
  component: lazyRouteComponent(() => import("../features/requests/pages/NewRequestPage"), "NewRequestPage"),
});

const requestRoute = createRoute({
  getParentRoute: inShell,
  path: "requests/$number",
  component: lazyRouteComponent(() => import("./pages/RequestWithDecision"), "RequestWithDecision"),
});

const approvalsRoute = createRoute({
  getParentRoute: inShell,
  path: "approvals",
  validateSearch: (raw: Record<string, unknown>): ApprovalsSearch => ({
    state: oneOf(raw.state, [...APPROVAL_STATES, "all"]),
  }),
  component: lazyRouteComponent(() => import("../features/approval/pages/ApprovalsPage"), "ApprovalsPage"),
});

const approvalRoute = createRoute({
  getParentRoute: inShell,
  path: "approvals/$id",
  component: lazyRouteComponent(() => import("../features/approval/pages/ApprovalPage"), "ApprovalPage"),
});

const endpointsRoute = createRoute({
  getParentRoute: inShell,
  path: "endpoints",
  component: lazyRouteComponent(() => import("../features/deploy/pages/EndpointsPage"), "EndpointsPage"),
});

const endpointRoute = createRoute({
  getParentRoute: inShell,
  path: "endpoints/$department/$name",
  component: lazyRouteComponent(() => import("./pages/EndpointWithFeedback"), "EndpointWithFeedback"),
});

const usageRoute = createRoute({
  getParentRoute: inShell,
  path: "usage",
  validateSearch: (raw: Record<string, unknown>): { month?: string } => ({
    month: text(raw.month)?.match(/^\d{4}-(0[1-9]|1[0-2])$/)?.[0],
  }),
  component: lazyRouteComponent(() => import("../features/metering/pages/UsagePage"), "UsagePage"),
});

const auditRoute = createRoute({
  getParentRoute: inShell,
  path: "audit",
  validateSearch: (raw: Record<string, unknown>): { event?: string; actor?: string; subject?: string } => ({
    event: text(raw.event),
    actor: text(raw.actor),
    subject: text(raw.subject),
  }),
  component: lazyRouteComponent(() => import("../features/audit/pages/AuditPage"), "AuditPage"),
});

const peopleRoute = createRoute({
  getParentRoute: inShell,
  path: "people",
  validateSearch: (raw: Record<string, unknown>): PeopleSearch => ({
    tab: oneOf(raw.tab, ["people", "departments", "tokens"]),
  }),
  component: lazyRouteComponent(() => import("../features/auth/pages/PeoplePage"), "PeoplePage"),
});

const accountRoute = createRoute({
  getParentRoute: inShell,
  path: "account",
  component: lazyRouteComponent(() => import("../features/auth/pages/AccountPage"), "AccountPage"),
});

const healthRoute = createRoute({
  getParentRoute: inShell,
  path: "health",
  component: lazyRouteComponent(() => import("../features/server/pages/HealthPage"), "HealthPage"),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  shellRoute.addChildren([
    homeRoute,
    modelsRoute,
    modelRoute,
    skillsRoute,
    jobsRoute,
    jobRoute,
    requestsRoute,
    newRequestRoute,
    requestRoute,
    approvalsRoute,
    approvalRoute,
    endpointsRoute,
    endpointRoute,
    usageRoute,
    auditRoute,
    peopleRoute,
    accountRoute,
    healthRoute,
  ]),
]);

export const router = createRouter({
  routeTree,
  context: { queries: queryClient },
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultNotFoundComponent: NotFoundPage,
  defaultErrorComponent: RouteError,
});

whenSessionEnds(() => {
  if (router.state.location.pathname === "/login") return;
  forget();
  queryClient.removeQueries({ queryKey: sessionQuery.queryKey });
  void router.navigate({ to: "/login", search: { next: router.state.location.href } });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
