/** What can be made of a version by itself. Pure. */
import type { Version } from "../../../api/types";
import type { Derivation } from "./api";

/** What an adapter has beyond plain LoRA. */
export function features({ facts }: Pick<Version, "facts">): string[] {
  return Array.isArray(facts.features) ? facts.features.map(String) : [];
}

export function derivations(version: Pick<Version, "kind" | "facts">): Derivation[] {
  if (version.kind === "adapter") return features(version).length > 0 ? ["bake", "extract"] : ["bake"];
  if (version.kind === "full") return ["extract", "quantize"];
  return ["quantize"];
}
