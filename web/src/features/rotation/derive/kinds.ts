/** What can be made of a version by itself. Pure. */
import type { Version } from "../../../api/types";
import type { Derivation } from "./api";

/** What an adapter has beyond plain LoRA. */
export function features({ facts }: Pick<Version, "facts">): string[] {
  return Array.isArray(facts.features) ? facts.features.map(String) : [];
}

/** Whether it is a file for an edge runtime, on which nothing is built. */
export function isExport({ facts }: Pick<Version, "facts">): boolean {
  return facts.format === "gguf";
}

export function derivations(version: Pick<Version, "kind" | "facts">): Derivation[] {
  if (isExport(version)) return [];
  if (version.kind === "adapter")
    return features(version).length > 0 ? ["bake", "extract", "export"] : ["bake", "export"];
  if (version.kind === "full") return ["extract", "quantize", "export"];
  return ["quantize", "export"];
}
