import { describe, expect, it } from "vitest";
import { fingerprint, problemOf } from "./queue";

const answered = (status: number, text: string) =>
  Object.assign(new Error("tus"), { originalResponse: { getStatus: () => status, getBody: () => text } });

describe("a failed upload", () => {
  it("tells the server's reason", () => {
    const problem = problemOf(
      answered(422, '{"code": "intake_refused", "detail": "no", "params": {"file": "a"}}'),
    );
    expect([problem.status, problem.code, problem.params.file]).toEqual([422, "intake_refused", "a"]);
  });

  it("says so when nobody answered, or not in our words", () => {
    expect(problemOf(new Error("network")).code).toBe("unreachable");
    expect(problemOf(answered(502, "<html>")).code).toBe("http_error");
  });
});

describe("a file", () => {
  it("is the same after a reload, and another one when it was changed or goes elsewhere", () => {
    const file = { size: 5, lastModified: 7 };
    const mark = fingerprint("a/b", "config.json", file);
    expect(fingerprint("a/b", "config.json", { ...file })).toBe(mark);
    expect(fingerprint("a/b", "config.json", { ...file, lastModified: 8 })).not.toBe(mark);
    expect(fingerprint("a/c", "config.json", file)).not.toBe(mark);
  });
});
