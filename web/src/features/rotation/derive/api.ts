import { client, ok } from "../../../api/client";
import { useAct } from "../../../api/useAct";

export const DERIVATIONS = ["bake", "extract", "quantize", "export"] as const;
export type Derivation = (typeof DERIVATIONS)[number];
/** How an export keeps its weights, the largest first. */
export const WEIGHTS = ["f32", "f16", "q8_0", "q4_k_m"] as const;
export type Weights = (typeof WEIGHTS)[number];

export interface DeriveInput {
  how: Derivation;
  version: string;
  model?: string;
  title?: string;
  notes?: string;
  /** Extraction only: the rank, else the share of energy that is kept. */
  rank?: number;
  energy?: number;
  base?: string;
  /** Export only. */
  weights?: Weights;
}

export function useDerive() {
  return useAct({
    run: ({ how, version, model, title, notes, rank, energy, base, weights }: DeriveInput) => {
      const common = { version, model, title, notes: notes ?? "" };
      if (how === "bake") return ok(client.POST("/api/v1/merges/bake", { body: common }));
      if (how === "quantize")
        return ok(client.POST("/api/v1/merges/quantize", { body: { ...common, format: "int8" } }));
      if (how === "export")
        return ok(client.POST("/api/v1/merges/export", { body: { ...common, weights: weights ?? "q8_0" } }));
      const body = { ...common, rank, energy: energy ?? 0.99, base };
      return ok(client.POST("/api/v1/merges/extract", { body }));
    },
    touches: [["jobs"]],
    showsError: true,
  });
}
