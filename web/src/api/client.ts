/** The typed client of the API; every failure comes out as an ApiError with the problem's `code`. */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema.gen";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly params: Record<string, unknown>;

  constructor(status: number, code: string, detail: string, params: Record<string, unknown> = {}) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.params = params;
  }
}

/** The error that a response body stands for: problem+json, an OpenAI error object, or something else. */
export function toApiError(status: number, body: unknown): ApiError {
  if (typeof body === "object" && body !== null) {
    const found = body as Record<string, unknown>;
    if (typeof found.code === "string") {
      const params = typeof found.params === "object" && found.params !== null ? found.params : {};
      return new ApiError(status, found.code, String(found.detail ?? found.title ?? ""), { ...params });
    }
    if (typeof found.error === "object" && found.error !== null) {
      const inner = found.error as Record<string, unknown>;
      return new ApiError(status, String(inner.code ?? "http_error"), String(inner.message ?? ""));
    }
  }
  return new ApiError(status, "http_error", "");
}

let csrf = "";

/** Remember the token that every change must carry; it comes with the session. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Headers of a change that does not go through `client`, such as a stream. */
export function changeHeaders(): Record<string, string> {
  return { "content-type": "application/json", ...guardHeaders() };
}

/** The header that every change needs, whatever its body is. */
export function guardHeaders(): Record<string, string> {
  return { "x-csrf-token": csrf };
}

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("x-csrf-token", csrf);
    return request;
  },
};

export const client = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });
client.use(guard);

interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of a call, or an ApiError. */
export async function ok<T>(call: Promise<Result<T>>): Promise<T> {
  let result: Result<T>;
  try {
    result = await call;
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (!result.response.ok) throw toApiError(result.response.status, result.error);
  return result.data as T;
}
