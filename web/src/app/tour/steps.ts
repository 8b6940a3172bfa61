/** The five steps of the tour. Each opens a page and stands at an element that is really there. */
import type { Me } from "../../api/types";

export interface Step {
  name: "directory" | "file" | "lineage" | "rotation" | "approve";
  page: string;
  element: string;
  needs?: Me["permissions"][number];
}

/** `model` is the address of a personnel file to show; a house without models has none. */
export function stepsFor(
  may: (permission: Me["permissions"][number]) => boolean,
  model: string | null,
): Step[] {
  const steps: (Step | null)[] = [
    { name: "directory", page: "/models", element: "main [role=table], main [role=list]" },
    model === null ? null : { name: "file", page: model, element: "main h1" },
    model === null
      ? null
      : { name: "lineage", page: `${model}?tab=lineage`, element: "main [role=tabpanel]" },
    { name: "rotation", page: "/studio/rotation", element: "main h1", needs: "job.run" },
    { name: "approve", page: "/approvals", element: "main h1", needs: "approval.read" },
  ];
  return steps.filter((step) => step !== null).filter(({ needs }) => needs === undefined || may(needs));
}
