/** Pages about who works here and what they can do. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { directorySearch } from "../../features/catalog/directory/filters";
import { startDirectory } from "../../features/catalog/directoryApi";
import {
  compareSearch,
  datasetSearch,
  datasetsSearch,
  examsSearch,
  plansSearch,
  registerSearch,
  runSearch,
  skillsSearch,
  versionSearch,
} from "../search";
import { inShell } from "./shell";

export const homeRoute = createRoute({
  getParentRoute: inShell,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/HomePage"), "HomePage"),
});

export const modelsRoute = createRoute({
  getParentRoute: inShell,
  path: "models",
  validateSearch: directorySearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => startDirectory(context.queries, deps),
  component: lazyRouteComponent(() => import("../../features/catalog/pages/DirectoryPage"), "DirectoryPage"),
});

export const modelRoute = createRoute({
  getParentRoute: inShell,
  path: "models/$department/$model",
  validateSearch: versionSearch,
  component: lazyRouteComponent(() => import("../pages/ModelPage"), "ModelPage"),
});

export const registerRoute = createRoute({
  getParentRoute: inShell,
  path: "register",
  validateSearch: registerSearch,
  component: lazyRouteComponent(() => import("../../features/catalog/pages/RegisterPage"), "RegisterPage"),
});

export const compareRoute = createRoute({
  getParentRoute: inShell,
  path: "compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("../../features/catalog/pages/ComparePage"), "ComparePage"),
});

export const orgRoute = createRoute({
  getParentRoute: inShell,
  path: "org",
  component: lazyRouteComponent(() => import("../../features/catalog/pages/OrgPage"), "OrgPage"),
});

export const skillsRoute = createRoute({
  getParentRoute: inShell,
  path: "skills",
  validateSearch: skillsSearch,
  component: lazyRouteComponent(() => import("../../features/catalog/pages/SkillsPage"), "SkillsPage"),
});

export const examsRoute = createRoute({
  getParentRoute: inShell,
  path: "exams",
  validateSearch: examsSearch,
  component: lazyRouteComponent(() => import("../../features/exams/pages/ExamsPage"), "ExamsPage"),
});

export const examRoute = createRoute({
  getParentRoute: inShell,
  path: "exams/$department/$name",
  component: lazyRouteComponent(() => import("../../features/exams/pages/SuitePage"), "SuitePage"),
});

export const runRoute = createRoute({
  getParentRoute: inShell,
  path: "runs/$id",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("../../features/exams/pages/RunPage"), "RunPage"),
});

export const plansRoute = createRoute({
  getParentRoute: inShell,
  path: "plans",
  validateSearch: plansSearch,
  component: lazyRouteComponent(() => import("../../features/planning/pages/PlansPage"), "PlansPage"),
});

export const planRoute = createRoute({
  getParentRoute: inShell,
  path: "plans/$department/$name",
  component: lazyRouteComponent(() => import("../../features/planning/pages/PlanPage"), "PlanPage"),
});

export const datasetsRoute = createRoute({
  getParentRoute: inShell,
  path: "datasets",
  validateSearch: datasetsSearch,
  component: lazyRouteComponent(() => import("../../features/datasets/pages/DatasetsPage"), "DatasetsPage"),
});

export const datasetRoute = createRoute({
  getParentRoute: inShell,
  path: "datasets/$department/$name",
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import("../../features/datasets/pages/DatasetPage"), "DatasetPage"),
});
