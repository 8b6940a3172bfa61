import type { Approval } from "../../api/types";

/** Where the version is to work: an endpoint, or an alias of its model. */
export function placeOf({ endpoint, alias, version }: Approval): string {
  return endpoint ?? `${version.split("@")[0]}@${alias}`;
}
