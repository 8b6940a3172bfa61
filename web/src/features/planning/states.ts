export const STATES = ["running", "stopped", "succeeded", "cancelled"] as const;
