import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DeployRequestPage } from "./DeployRequestPage";
import { WizardPage } from "./WizardPage";

const route = getRouteApi("/shell/requests/new");

/** A need in words; or, when the version or the endpoint is known already, the request that it may work there. */
export function NewRequestPage(): ReactNode {
  const { version, endpoint } = route.useSearch();
  return version || endpoint ? <DeployRequestPage /> : <WizardPage />;
}
