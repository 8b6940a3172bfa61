import type { ReactNode } from "react";
import type { Version } from "../../api/types";

/** The parts of a personnel file, in the order in which they are read. */
export const FILE_TABS = [
  "profile",
  "versions",
  "aliases",
  "lineage",
  "skills",
  "training",
  "rotation",
  "files",
  "access",
  "use",
] as const;
export type FileTab = (typeof FILE_TABS)[number];

/** What other parts of the product put into a personnel file. */
export interface Guests {
  /** The endpoints that run the model. */
  workplaces: (name: string) => ReactNode;
  /** What happened in the rotation that the version came from; nothing for those that came otherwise. */
  rotation: (version: Version) => ReactNode;
  /** What can be made of the version. */
  actions: (version: Version) => ReactNode;
}
