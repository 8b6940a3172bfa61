import { client, ok } from "../../../api/client";
import { useAct } from "../../../api/useAct";

export const DERIVATIONS = ["bake", "extract", "quantize"] as const;
export type Derivation = (typeof DERIVATIONS)[number];

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
}

export function useDerive() {
  return useAct({
    run: ({ how, version, model, title, notes, rank, energy, base }: DeriveInput) => {
      const common = { version, model, title, notes: notes ?? "" };
      if (how === "bake") return ok(client.POST("/api/v1/merges/bake", { body: common }));
      if (how === "quantize")
        return ok(client.POST("/api/v1/merges/quantize", { body: { ...common, format: "int8" } }));
      const body = { ...common, rank, energy: energy ?? 0.99, base };
      return ok(client.POST("/api/v1/merges/extract", { body }));
    },
    touches: [["jobs"]],
    showsError: true,
  });
}
