export const STATES = ["pending", "changes_requested", "approved", "rejected", "void"] as const;
