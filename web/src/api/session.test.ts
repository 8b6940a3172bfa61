import { expect, it } from "vitest";
import { mayDo } from "./session";

const STAFF_OF_PLATFORM = {
  permissions: ["dataset.read", "dataset.write"] as const,
  everywhere: ["dataset.read"] as const,
  in_departments: { platform: ["dataset.read", "dataset.write"] as const },
};
const me = structuredClone(STAFF_OF_PLATFORM) as unknown as Parameters<typeof mayDo>[0];

it("a right is held in the department of the role, and where it holds everywhere", () => {
  expect(mayDo(me, "dataset.write", "platform")).toBe(true);
  expect(mayDo(me, "dataset.read", "support")).toBe(true);
});

it("a right of one department is none in another", () => {
  expect(mayDo(me, "dataset.write", "support")).toBe(false);
});

it("where no department is named, somewhere is enough", () => {
  expect(mayDo(me, "dataset.write")).toBe(true);
  expect(mayDo(me, "people.manage")).toBe(false);
});
