import type { ReactNode } from "react";
import { PersonnelFilePage } from "../../features/catalog/pages/PersonnelFilePage";
import { EndpointsOfModel } from "../../features/deploy/components/EndpointsOfModel";

/** The personnel file with the endpoints at which the model works. */
export function ModelPage(): ReactNode {
  return <PersonnelFilePage workplaces={(name) => <EndpointsOfModel name={name} />} />;
}
