import type { Change, Slot } from "../../api/types";

export const SLOTS = ["skill", "safety", "refusal", "reliability"] as const satisfies readonly Slot[];
export const CHANGES = ["lost", "won", "wrong", "right"] as const satisfies readonly Change[];
