export const STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export const KINDS = [
  "training.sft",
  "training.pretrain",
  "training.distill",
  "merge.run",
  "merge.search",
  "merge.measure",
  "merge.dense",
  "merge.extract",
  "merge.bake",
  "merge.quantize",
  "merge.export",
  "evaluation.run",
  "planning.advance",
  "evaluation.compare",
  "catalog.reproduce",
] as const;
