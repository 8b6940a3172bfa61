/** How far an upload of many files is. */
import type { Sending, SendState } from "./queue";

export interface Total {
  sent: number;
  size: number;
  state: Exclude<SendState, "waiting">;
}

export function total(files: readonly Sending[]): Total {
  const sum = (pick: (file: Sending) => number) => files.reduce((all, file) => all + pick(file), 0);
  return { sent: sum((file) => file.sent), size: sum((file) => file.size), state: stateOf(files) };
}

function stateOf(files: readonly Sending[]): Total["state"] {
  if (files.some(({ state }) => state === "sending" || state === "waiting")) return "sending";
  if (files.some(({ state }) => state === "paused")) return "paused";
  return files.some(({ state }) => state === "failed") || files.length === 0 ? "failed" : "whole";
}
