/** Where the files of a registration go. */

export interface Target {
  kind: "new" | "known";
  department: string;
  title: string;
  name: string;
  /** department/model of one that is there. */
  known: string;
}

export const NOWHERE: Target = { kind: "new", department: "", title: "", name: "", known: "" };

const SLUG = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** The model's whole name; null while the form does not give one. */
export function targetName(target: Target): string | null {
  if (target.kind === "known") return target.known || null;
  const { department, name, title } = target;
  return department && SLUG.test(name) && title.trim() ? `${department}/${name}` : null;
}

/** A name out of a title: plain letters, digits and hyphens. */
export function suggestName(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}
