/** Pages of service and of the house. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import {
  auditSearch,
  endpointSearch,
  peopleSearch,
  playgroundSearch,
  runtimesSearch,
  usageSearch,
} from "../search";
import { inShell } from "./shell";

export const endpointsRoute = createRoute({
  getParentRoute: inShell,
  path: "endpoints",
  component: lazyRouteComponent(() => import("../../features/deploy/pages/EndpointsPage"), "EndpointsPage"),
});

export const endpointRoute = createRoute({
  getParentRoute: inShell,
  path: "endpoints/$department/$name",
  validateSearch: endpointSearch,
  component: lazyRouteComponent(() => import("../pages/EndpointWithFeedback"), "EndpointWithFeedback"),
});

export const playgroundRoute = createRoute({
  getParentRoute: inShell,
  path: "playground",
  validateSearch: playgroundSearch,
  component: lazyRouteComponent(() => import("../pages/PlaygroundWithFeedback"), "PlaygroundWithFeedback"),
});

export const usageRoute = createRoute({
  getParentRoute: inShell,
  path: "usage",
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import("../../features/metering/pages/UsagePage"), "UsagePage"),
});

export const billingRoute = createRoute({
  getParentRoute: inShell,
  path: "billing",
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import("../../features/metering/pages/BillingPage"), "BillingPage"),
});

export const departmentBillRoute = createRoute({
  getParentRoute: inShell,
  path: "billing/$department",
  validateSearch: usageSearch,
  component: lazyRouteComponent(
    () => import("../../features/metering/pages/DepartmentBillPage"),
    "DepartmentBillPage",
  ),
});

export const computeRoute = createRoute({
  getParentRoute: inShell,
  path: "compute",
  component: lazyRouteComponent(() => import("../../features/jobs/pages/ComputePage"), "ComputePage"),
});

export const runtimesRoute = createRoute({
  getParentRoute: inShell,
  path: "runtimes",
  validateSearch: runtimesSearch,
  component: lazyRouteComponent(() => import("../../features/deploy/pages/RuntimesPage"), "RuntimesPage"),
});

export const auditRoute = createRoute({
  getParentRoute: inShell,
  path: "audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("../../features/audit/pages/AuditPage"), "AuditPage"),
});

export const peopleRoute = createRoute({
  getParentRoute: inShell,
  path: "people",
  validateSearch: peopleSearch,
  component: lazyRouteComponent(() => import("../../features/auth/pages/PeoplePage"), "PeoplePage"),
});

export const accountRoute = createRoute({
  getParentRoute: inShell,
  path: "account",
  component: lazyRouteComponent(() => import("../../features/auth/pages/AccountPage"), "AccountPage"),
});

export const helpRoute = createRoute({
  getParentRoute: inShell,
  path: "help",
  component: lazyRouteComponent(() => import("../pages/HelpPage"), "HelpPage"),
});

export const healthRoute = createRoute({
  getParentRoute: inShell,
  path: "health",
  component: lazyRouteComponent(() => import("../../features/server/pages/HealthPage"), "HealthPage"),
});
