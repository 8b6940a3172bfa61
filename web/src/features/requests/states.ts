export const STATES = ["open", "in_review", "approved", "rejected", "delivered", "withdrawn"] as const;

/** From here on nothing changes any more. */
export const FINAL: readonly string[] = ["rejected", "delivered", "withdrawn"];
