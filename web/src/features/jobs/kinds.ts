export const STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export const KINDS = [
  "training.sft",
  "training.pretrain",
  "training.distill",
  "merge.run",
  "evaluation.run",
] as const;
