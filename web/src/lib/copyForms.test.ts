import { expect, test } from "vitest";
import { textOf } from "./copyForms";

const copied = {
  cli: "aird jobs get 7",
  python: 'job = client.jobs.get("7")',
  api: "/api/v1/jobs/7",
  yaml: { id: "7", reason: "waits: for a chip" },
};

test("an object is a command, a program, a call and a YAML", () => {
  expect(textOf(copied, "cli", "http://x")).toBe("aird jobs get 7");
  expect(textOf(copied, "python", "http://x")).toContain("client = Client()");
  expect(textOf(copied, "curl", "http://x")).toContain('"http://x/api/v1/jobs/7"');
  expect(textOf(copied, "yaml", "http://x")).toBe('id: "7"\nreason: "waits: for a chip"\n');
});

test("a YAML that the page already has is taken as it is", () => {
  expect(textOf({ ...copied, yaml: "kind: Plan\n" }, "yaml", "")).toBe("kind: Plan\n");
});
