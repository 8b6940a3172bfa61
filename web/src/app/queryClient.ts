import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/client";

type Listener = () => void;
let onSessionEnd: Listener = () => undefined;

/** The router says here what to do when the server no longer knows us. */
export function whenSessionEnds(listener: Listener): void {
  onSessionEnd = listener;
}

function watch(error: unknown): void {
  if (error instanceof ApiError && error.status === 401 && !LOGIN_FAILURES.includes(error.code))
    onSessionEnd();
}

/** A wrong password is no ended session. */
const LOGIN_FAILURES = ["login_failed", "link_used_up"];

/** Trying again helps when the server was busy or away, not when it said no. */
function worthRetrying(count: number, error: Error): boolean {
  const temporary = !(error instanceof ApiError) || error.status === 0 || error.status >= 502;
  return temporary && count < 2;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: watch }),
  mutationCache: new MutationCache({ onError: watch }),
  defaultOptions: { queries: { retry: worthRetrying } },
});
