import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { forget, maybeSignedIn, sessionQuery } from "../api/session";
import { recipeSearch } from "../components/studio/place";
import { directorySearch } from "../features/catalog/directory/filters";
import { studioSearch } from "../features/rotation/place";
import { parseSearch, stringifySearch } from "../lib/search";
import { NotFoundPage } from "./pages/NotFoundPage";
import { RouteError } from "./pages/RouteError";
import { queryClient, whenSessionEnds } from "./queryClient";
import {
  approvalsSearch,
  auditSearch,
  datasetSearch,
  datasetsSearch,
  examsSearch,
  jobsSearch,
  loginSearch,
  newRequestSearch,
  peopleSearch,
  plansSearch,
  registerSearch,
  requestsSearch,
  runSearch,
  skillsSearch,
  usageSearch,
  versionSearch,
} from "./search";
import { Shell } from "./shell/Shell";

const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "login",
  validateSearch: loginSearch,
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
  validateSearch: directorySearch,
  component: lazyRouteComponent(() => import("../features/catalog/pages/DirectoryPage"), "DirectoryPage"),
});

const modelRoute = createRoute({
  getParentRoute: inShell,
  path: "models/$department/$model",
  validateSearch: versionSearch,
  component: lazyRouteComponent(() => import("./pages/ModelPage"), "ModelPage"),
});

const registerRoute = createRoute({
  getParentRoute: inShell,
  path: "register",
  validateSearch: registerSearch,
  component: lazyRouteComponent(() => import("../features/catalog/pages/RegisterPage"), "RegisterPage"),
});

const skillsRoute = createRoute({
  getParentRoute: inShell,
  path: "skills",
  validateSearch: skillsSearch,
  component: lazyRouteComponent(() => import("../features/catalog/pages/SkillsPage"), "SkillsPage"),
});

const examsRoute = createRoute({
  getParentRoute: inShell,
  path: "exams",
  validateSearch: examsSearch,
  component: lazyRouteComponent(() => import("../features/exams/pages/ExamsPage"), "ExamsPage"),
});

const examRoute = createRoute({
  getParentRoute: inShell,
  path: "exams/$department/$name",
  component: lazyRouteComponent(() => import("../features/exams/pages/SuitePage"), "SuitePage"),
});

const runRoute = createRoute({
  getParentRoute: inShell,
  path: "runs/$id",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("../features/exams/pages/RunPage"), "RunPage"),
});

const jobsRoute = createRoute({
  getParentRoute: inShell,
  path: "jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("../features/jobs/pages/JobsPage"), "JobsPage"),
});

const jobRoute = createRoute({
  getParentRoute: inShell,
  path: "jobs/$id",
  component: lazyRouteComponent(() => import("../features/jobs/pages/JobPage"), "JobPage"),
});

const rotationRoute = createRoute({
  getParentRoute: inShell,
  path: "studio/rotation",
  validateSearch: studioSearch,
  component: lazyRouteComponent(() => import("../features/rotation/pages/StudioPage"), "StudioPage"),
});

const trainingRoute = createRoute({
  getParentRoute: inShell,
  path: "studio/training",
  validateSearch: recipeSearch,
  component: lazyRouteComponent(() => import("../features/training/pages/TrainingPage"), "TrainingPage"),
});

const mentoringRoute = createRoute({
  getParentRoute: inShell,
  path: "studio/mentoring",
  validateSearch: recipeSearch,
  component: lazyRouteComponent(() => import("../features/mentoring/pages/MentoringPage"), "MentoringPage"),
});

const plansRoute = createRoute({
  getParentRoute: inShell,
  path: "plans",
  validateSearch: plansSearch,
  component: lazyRouteComponent(() => import("../features/planning/pages/PlansPage"), "PlansPage"),
});

const planRoute = createRoute({
  getParentRoute: inShell,
  path: "plans/$department/$name",
  component: lazyRouteComponent(() => import("../features/planning/pages/PlanPage"), "PlanPage"),
});

const datasetsRoute = createRoute({
  getParentRoute: inShell,
  path: "datasets",
  validateSearch: datasetsSearch,
  component: lazyRouteComponent(() => import("../features/datasets/pages/DatasetsPage"), "DatasetsPage"),
});

const datasetRoute = createRoute({
  getParentRoute: inShell,
  path: "datasets/$department/$name",
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import("../features/datasets/pages/DatasetPage"), "DatasetPage"),
});

const requestsRoute = createRoute({
  getParentRoute: inShell,
  path: "requests",
  validateSearch: requestsSearch,
  component: lazyRouteComponent(() => import("../features/requests/pages/RequestsPage"), "RequestsPage"),
});

const newRequestRoute = createRoute({
  getParentRoute: inShell,
  path: "requests/new",
  validateSearch: newRequestSearch,
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
  validateSearch: approvalsSearch,
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
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import("../features/metering/pages/UsagePage"), "UsagePage"),
});

const computeRoute = createRoute({
  getParentRoute: inShell,
  path: "compute",
  component: lazyRouteComponent(() => import("../features/jobs/pages/ComputePage"), "ComputePage"),
});

const auditRoute = createRoute({
  getParentRoute: inShell,
  path: "audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("../features/audit/pages/AuditPage"), "AuditPage"),
});

const peopleRoute = createRoute({
  getParentRoute: inShell,
  path: "people",
  validateSearch: peopleSearch,
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
    registerRoute,
    skillsRoute,
    examsRoute,
    examRoute,
    runRoute,
    jobsRoute,
    jobRoute,
    rotationRoute,
    trainingRoute,
    mentoringRoute,
    plansRoute,
    planRoute,
    datasetsRoute,
    datasetRoute,
    requestsRoute,
    newRequestRoute,
    requestRoute,
    approvalsRoute,
    approvalRoute,
    endpointsRoute,
    endpointRoute,
    usageRoute,
    computeRoute,
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
