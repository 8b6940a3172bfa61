export const STATES = ["pending", "approved", "rejected", "void"] as const;
