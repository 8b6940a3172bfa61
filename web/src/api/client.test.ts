import { describe, expect, it } from "vitest";
import { errorText } from "../lib/useErrorText";
import { ApiError, ok, toApiError } from "./client";

const translate = (code: string) =>
  ({ own_request: "不能签署自己提出的内容", unexpected: "意外错误" })[code] ?? null;

describe("an error of the API", () => {
  it("keeps the code, the words and the parameters of a problem", () => {
    const error = toApiError(403, {
      code: "own_request",
      detail: "ann asked for it.",
      params: { actor: "ann" },
    });
    expect(error).toMatchObject({ status: 403, code: "own_request", params: { actor: "ann" } });
    expect(error.message).toBe("ann asked for it.");
  });

  it("is read from an OpenAI error object too", () => {
    const error = toApiError(503, { error: { code: "endpoint_not_ready", message: "It starts." } });
    expect(error).toMatchObject({ code: "endpoint_not_ready", message: "It starts." });
  });

  it("is a plain one when the answer is no problem at all", () => {
    expect(toApiError(502, "<html>")).toMatchObject({ status: 502, code: "http_error" });
  });

  it("is thrown by ok for an answer that is not 2xx", async () => {
    const response = new Response(null, { status: 409 });
    const call = Promise.resolve({ error: { code: "not_pending", detail: "Decided." }, response });
    await expect(ok(call)).rejects.toMatchObject({ status: 409, code: "not_pending" });
  });

  it("says unreachable when there was no answer", async () => {
    await expect(ok(Promise.reject(new TypeError("fetch failed")))).rejects.toMatchObject({
      code: "unreachable",
    });
  });

  it("does not stand in the way of an answer", async () => {
    await expect(ok(Promise.resolve({ data: 1, response: new Response() }))).resolves.toBe(1);
  });
});

describe("the text of an error", () => {
  it("is translated by its code, with the server's words beside it", () => {
    const text = errorText(new ApiError(403, "own_request", "ann asked for it."), translate);
    expect(text).toEqual({ title: "不能签署自己提出的内容", detail: "ann asked for it." });
  });

  it("is the server's detail when the code is not known here", () => {
    const text = errorText(new ApiError(422, "brand_new", "The moon is full."), translate);
    expect(text).toEqual({ title: "The moon is full.", detail: "" });
  });

  it("is never empty", () => {
    expect(errorText(new ApiError(500, "brand_new", ""), translate).title).toBe("意外错误");
    expect(errorText(new TypeError("x is undefined"), translate).title).toBe("意外错误");
  });
});
