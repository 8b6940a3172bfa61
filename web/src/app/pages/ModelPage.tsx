import type { ReactNode } from "react";
import { PersonnelFilePage } from "../../features/catalog/pages/PersonnelFilePage";
import { EndpointsOfModel } from "../../features/deploy/components/EndpointsOfModel";
import { PastAssignments } from "../../features/deploy/components/PastAssignments";
import { TryVersion } from "../../features/deploy/playground/TryLinks";
import { DeriveMenu } from "../../features/rotation/derive/DeriveMenu";
import { isMerged, MergeResult } from "../../features/rotation/result/MergeResult";

/** The personnel file with the endpoints at which the model works, and with what rotation knows of it. */
export function ModelPage(): ReactNode {
  return (
    <PersonnelFilePage
      workplaces={(name) => (
        <>
          <EndpointsOfModel name={name} />
          <PastAssignments name={name} />
        </>
      )}
      rotation={(version) => isMerged(version) && <MergeResult version={version} />}
      actions={(version) => (
        <>
          <TryVersion digest={version.digest} />
          <DeriveMenu version={version} />
        </>
      )}
    />
  );
}
