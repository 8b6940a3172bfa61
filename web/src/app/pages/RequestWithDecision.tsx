import type { ReactNode } from "react";
import { ApprovalOfRequest } from "../../features/approval/components/ApprovalOfRequest";
import { RequestPage } from "../../features/requests/pages/RequestPage";

/** A request with the approval that came of it. */
export function RequestWithDecision(): ReactNode {
  return <RequestPage decision={(request) => <ApprovalOfRequest request={request} />} />;
}
