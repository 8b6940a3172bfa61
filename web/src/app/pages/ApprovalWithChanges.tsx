import type { ReactNode } from "react";
import { ApprovalPage } from "../../features/approval/pages/ApprovalPage";
import { Difference } from "../../features/catalog/history/Difference";
import { FitsHere } from "../../features/deploy/runtimes/Fits";
import { parseRef } from "../../lib/refs";

/** An approval with what is other than in the version that works there now, and what could serve it. */
export function ApprovalWithChanges(): ReactNode {
  return (
    <ApprovalPage
      changes={(version, against) => <Changes version={version} against={against} />}
      fits={(version) => <FitsHere version={version} />}
    />
  );
}

function Changes({ version, against }: { version: string; against: string }) {
  const ref = parseRef(version);
  if (ref?.number == null) return null;
  const { department, model, number } = ref;
  return <Difference version={{ department, model, number }} against={against} />;
}
