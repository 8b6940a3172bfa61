export interface VersionRef {
  department: string;
  model: string;
  number: number | null;
}

/** The parts of "department/model@3"; null when it is not such a reference. */
export function parseRef(ref: string): VersionRef | null {
  const found = /^([^/@\s]+)\/([^/@\s]+)(?:@(\d+))?$/.exec(ref);
  if (!found?.[1] || !found[2]) return null;
  return { department: found[1], model: found[2], number: found[3] ? Number(found[3]) : null };
}
