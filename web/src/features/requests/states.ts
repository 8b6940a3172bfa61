export const STATES = [
  "draft",
  "open",
  "building",
  "in_review",
  "approved",
  "rejected",
  "delivered",
  "accepted",
  "withdrawn",
] as const;

/** From here on nothing changes any more. */
export const FINAL: readonly string[] = ["rejected", "accepted", "withdrawn"];

/** What may no longer be taken back: what was delivered is given back instead. */
export const KEPT: readonly string[] = [...FINAL, "delivered"];

/** While the offer may still be worked out anew. */
export const CHOOSING: readonly string[] = ["draft", "open", "building"];

export const DATA_CLASSES = ["public", "internal", "confidential", "personal"] as const;

export const FEWEST_EXAMPLES = 3;
export const MOST_EXAMPLES = 20;

export const STEPS = ["need", "matches", "offer", "confirm"] as const;
export type Step = (typeof STEPS)[number];
