import { createRouter } from "@tanstack/react-router";
import { forget, sessionQuery, whenSignedOutElsewhere } from "../api/session";
import { parseSearch, stringifySearch } from "../lib/search";
import { NotFoundPage } from "./pages/NotFoundPage";
import { RouteError } from "./pages/RouteError";
import { queryClient, whenSessionEnds } from "./queryClient";
import * as admin from "./routes/admin";
import * as house from "./routes/house";
import { loginRoute, rootRoute, shellRoute } from "./routes/shell";
import * as staff from "./routes/staff";
import * as work from "./routes/work";

const routeTree = rootRoute.addChildren([
  loginRoute,
  shellRoute.addChildren([
    staff.homeRoute,
    staff.modelsRoute,
    staff.modelRoute,
    staff.registerRoute,
    staff.skillsRoute,
    staff.compareRoute,
    staff.orgRoute,
    staff.examsRoute,
    staff.examRoute,
    staff.runRoute,
    work.jobsRoute,
    work.jobRoute,
    work.rotationRoute,
    work.trainingRoute,
    work.mentoringRoute,
    staff.plansRoute,
    staff.planRoute,
    staff.datasetsRoute,
    staff.datasetRoute,
    work.requestsRoute,
    work.newRequestRoute,
    work.requestRoute,
    work.approvalsRoute,
    work.approvalRoute,
    house.endpointsRoute,
    house.endpointRoute,
    house.playgroundRoute,
    house.usageRoute,
    house.billingRoute,
    house.departmentBillRoute,
    house.computeRoute,
    house.runtimesRoute,
    house.auditRoute,
    house.peopleRoute,
    admin.gatesRoute,
    admin.comparisonsRoute,
    admin.pricesRoute,
    admin.accessRoute,
    house.accountRoute,
    house.healthRoute,
    house.helpRoute,
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

whenSessionEnds(leave);
whenSignedOutElsewhere(leave);

function leave() {
  if (router.state.location.pathname === "/login") return;
  forget();
  queryClient.removeQueries({ queryKey: sessionQuery.queryKey });
  void router.navigate({ to: "/login", search: { next: router.state.location.href } });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
