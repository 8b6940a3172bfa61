import type { ReactNode } from "react";
import { useMay } from "../../api/session";
import { ApprovalOfRequest } from "../../features/approval/components/ApprovalOfRequest";
import { EndpointUsage } from "../../features/deploy/components/EndpointUsage";
import { Keys } from "../../features/deploy/components/Keys";
import { Snippet } from "../../features/deploy/components/Snippet";
import { BudgetsOfEndpoint } from "../../features/metering/components/BudgetsOfEndpoint";
import { RequestPage } from "../../features/requests/pages/RequestPage";

/** A request with the approval that came of it, and with how the delivered endpoint is called. */
export function RequestWithDecision(): ReactNode {
  return (
    <RequestPage
      decision={(request) => <ApprovalOfRequest request={request} />}
      serving={(endpoint) => <Serving endpoint={endpoint} />}
    />
  );
}

function Serving({ endpoint }: { endpoint: string }) {
  const may = useMay();
  const department = endpoint.split("/")[0] ?? "";
  return (
    <>
      <EndpointUsage department={department} name={endpoint} />
      {may("usage.read", department) && <BudgetsOfEndpoint department={department} endpoint={endpoint} />}
      <Snippet model={endpoint} />
      {may("key.manage", department) && <Keys department={department} />}
    </>
  );
}
