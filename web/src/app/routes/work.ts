/** Pages where work is ordered, done and signed. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { recipeSearch } from "../../components/studio/place";
import { studioSearch } from "../../features/rotation/place";
import { approvalsSearch, jobsSearch, newRequestSearch, requestsSearch } from "../search";
import { inShell } from "./shell";

export const jobsRoute = createRoute({
  getParentRoute: inShell,
  path: "jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("../../features/jobs/pages/JobsPage"), "JobsPage"),
});

export const jobRoute = createRoute({
  getParentRoute: inShell,
  path: "jobs/$id",
  component: lazyRouteComponent(() => import("../../features/jobs/pages/JobPage"), "JobPage"),
});

export const rotationRoute = createRoute({
  getParentRoute: inShell,
  path: "studio/rotation",
  validateSearch: studioSearch,
  component: lazyRouteComponent(() => import("../../features/rotation/pages/StudioPage"), "StudioPage"),
});

export const trainingRoute = createRoute({
  getParentRoute: inShell,
  path: "studio/training",
  validateSearch: recipeSearch,
  component: lazyRouteComponent(() => import("../../features/training/pages/TrainingPage"), "TrainingPage"),
});

export const mentoringRoute = createRoute({
  getParentRoute: inShell,
  path: "studio/mentoring",
  validateSearch: recipeSearch,
  component: lazyRouteComponent(
    () => import("../../features/mentoring/pages/MentoringPage"),
    "MentoringPage",
  ),
});

export const requestsRoute = createRoute({
  getParentRoute: inShell,
  path: "requests",
  validateSearch: requestsSearch,
  component: lazyRouteComponent(() => import("../../features/requests/pages/RequestsPage"), "RequestsPage"),
});

export const newRequestRoute = createRoute({
  getParentRoute: inShell,
  path: "requests/new",
  validateSearch: newRequestSearch,
  component: lazyRouteComponent(
    () => import("../../features/requests/pages/NewRequestPage"),
    "NewRequestPage",
  ),
});

export const requestRoute = createRoute({
  getParentRoute: inShell,
  path: "requests/$number",
  component: lazyRouteComponent(() => import("../pages/RequestWithDecision"), "RequestWithDecision"),
});

export const approvalsRoute = createRoute({
  getParentRoute: inShell,
  path: "approvals",
  validateSearch: approvalsSearch,
  component: lazyRouteComponent(() => import("../../features/approval/pages/ApprovalsPage"), "ApprovalsPage"),
});

export const approvalRoute = createRoute({
  getParentRoute: inShell,
  path: "approvals/$id",
  component: lazyRouteComponent(() => import("../pages/ApprovalWithChanges"), "ApprovalWithChanges"),
});
