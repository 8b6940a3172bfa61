/** One object, as a command, as Python, as a call of the API and as YAML. */
import { stringify } from "yaml";

export interface Copied {
  /** The command, or several, one a line. */
  cli: string;
  /** Lines after `client = Client()`. */
  python: string;
  /** The object's address in the API: "/api/v1/jobs/…". */
  api: string;
  /** The object itself, or the YAML that makes it again. */
  yaml: object | string;
}

export type Form = "cli" | "python" | "curl" | "yaml";

/** The text of the object in this form. */
export function textOf(copied: Copied, form: Form, origin: string): string {
  if (form === "cli") return copied.cli;
  if (form === "python") {
    return ["from aird import Client", "client = Client()  # AIRD_URL, AIRD_TOKEN", copied.python].join("\n");
  }
  if (form === "curl") {
    return [`curl -H "Authorization: Bearer $AIRD_TOKEN" \\`, `  "${origin}${copied.api}"`].join("\n");
  }
  return typeof copied.yaml === "string"
    ? copied.yaml
    : stringify(copied.yaml, { aliasDuplicateObjects: false });
}
