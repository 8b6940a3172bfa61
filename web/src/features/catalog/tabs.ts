/** The parts of a personnel file, in the order in which they are read. */
export const FILE_TABS = [
  "profile",
  "versions",
  "aliases",
  "lineage",
  "skills",
  "training",
  "files",
  "access",
  "use",
] as const;
export type FileTab = (typeof FILE_TABS)[number];
