import { describe, expect, it } from "vitest";
import { ApiError } from "../../../api/client";
import { adviceFor, refusalIn } from "./refusal";

describe("a refusal of the intake", () => {
  it("names the file, the reason and what is wrong", () => {
    const error = new ApiError(422, "intake_refused", "x.py: it is program code", {
      file: "x.py",
      reason: "code",
    });
    expect(refusalIn(error)).toEqual({ file: "x.py", reason: "code", message: "x.py: it is program code" });
  });

  it("is told from other errors", () => {
    expect(refusalIn(new ApiError(409, "version_exists", ""))).toBeNull();
    expect(refusalIn(new Error("x"))).toBeNull();
  });

  it.each([
    ["pickle", "leaveOut"],
    ["weights_format", "convert"],
    ["truncated", "sendAgain"],
    ["not_json", "exportAgain"],
    ["something new", "read"],
  ])("for %s comes with the advice %s", (reason, advice) => {
    expect(adviceFor(reason)).toBe(advice);
  });
});
