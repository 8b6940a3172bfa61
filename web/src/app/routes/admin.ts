/** Pages of rules: what is wanted of versions, what things cost, who may do what. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { accessSearch, comparisonsSearch } from "../search";
import { inShell } from "./shell";

export const gatesRoute = createRoute({
  getParentRoute: inShell,
  path: "gates",
  component: lazyRouteComponent(() => import("../../features/exams/pages/GatesPage"), "GatesPage"),
});

export const comparisonsRoute = createRoute({
  getParentRoute: inShell,
  path: "comparisons",
  validateSearch: comparisonsSearch,
  component: lazyRouteComponent(
    () => import("../../features/exams/pages/ComparisonsPage"),
    "ComparisonsPage",
  ),
});

export const pricesRoute = createRoute({
  getParentRoute: inShell,
  path: "prices",
  component: lazyRouteComponent(() => import("../../features/metering/pages/PricesPage"), "PricesPage"),
});

export const accessRoute = createRoute({
  getParentRoute: inShell,
  path: "access",
  validateSearch: accessSearch,
  component: lazyRouteComponent(() => import("../../features/auth/pages/AccessPage"), "AccessPage"),
});
