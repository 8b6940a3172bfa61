/** What the server's intake said about an upload, and what a person does about it. */
import { ApiError } from "../../../api/client";

export interface Refused {
  file: string;
  reason: string;
  message: string;
}

/** The refusal of one file; null when the error is about something else. */
export function refusalIn(error: unknown): Refused | null {
  if (!(error instanceof ApiError) || error.code !== "intake_refused") return null;
  const { file, reason } = error.params;
  return { file: String(file ?? ""), reason: String(reason ?? ""), message: error.message };
}

const ADVICE = {
  leaveOut: [
    "code",
    "pickle",
    "archive",
    "folder",
    "link",
    "hidden",
    "name",
    "name_hard_to_read",
    "unknown_file",
    "disguised",
  ],
  convert: ["weights_format", "not_safetensors", "bad_tensor", "bad_offsets", "bad_metadata", "not_covered"],
  sendAgain: [
    "truncated",
    "bad_size",
    "empty",
    "incomplete",
    "missing_tensor",
    "extra_tensor",
    "double_tensor",
    "no_model",
  ],
  exportAgain: [
    "not_json",
    "not_text",
    "double_key",
    "too_deep",
    "not_finite",
    "too_large",
    "bad_template",
    "bad_tokens",
  ],
} as const;
export type Advice = keyof typeof ADVICE | "read";

/** The kind of advice for a reason of the intake; its message says the rest. */
export function adviceFor(reason: string): Advice {
  const found = Object.entries(ADVICE).find(([, reasons]) => (reasons as readonly string[]).includes(reason));
  return (found?.[0] as Advice | undefined) ?? "read";
}
