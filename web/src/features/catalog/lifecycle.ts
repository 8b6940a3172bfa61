/** What a version can be, in the order of a career. */
export const STATES = ["draft", "candidate", "approved", "suspended", "retired"] as const;
export const KINDS = ["base", "adapter", "full"] as const;
