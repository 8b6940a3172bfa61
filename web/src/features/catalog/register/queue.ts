/** Sends files to the server one after the other in pieces (tus 1.0), so that each can be paused and taken up again. */
import * as tus from "tus-js-client";
import { type ApiError, guardHeaders, toApiError } from "../../../api/client";

export type SendState = "waiting" | "sending" | "paused" | "whole" | "failed";

export interface Sending {
  path: string;
  size: number;
  sent: number;
  state: SendState;
  error: ApiError | null;
}

const ENDPOINT = "/api/v1/uploads";
const PIECE = 8 * 1024 * 1024;

interface Entry extends Sending {
  file: File;
  upload: tus.Upload | null;
}

/** The upload of one set of files to one model; tells its listeners whenever something changes. */
export class UploadQueue {
  private entries: Entry[] = [];
  private listeners = new Set<() => void>();
  private shown: readonly Sending[] = [];
  private running = false;

  constructor(
    private readonly model: string,
    files: { path: string; file: File }[],
  ) {
    this.entries = files.map(({ path, file }) => {
      return { path, file, size: file.size, sent: 0, state: "waiting", error: null, upload: null };
    });
    this.tell();
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.shown;

  /** Start, or go on with whatever is not whole yet. */
  start(): void {
    this.running = true;
    for (const entry of this.entries) {
      if (entry.state === "paused" || entry.state === "failed")
        this.set(entry, { state: "waiting", error: null });
    }
    void this.next();
  }

  async pause(): Promise<void> {
    this.running = false;
    for (const entry of this.entries) {
      if (entry.state !== "sending" && entry.state !== "waiting") continue;
      await entry.upload?.abort();
      this.set(entry, { state: "paused" });
    }
  }

  /** The ids of the uploads, once all files are whole. */
  ids(): string[] {
    return this.entries.map((entry) => entry.upload?.url?.split("/").pop() ?? "");
  }

  /** Forget where the files are; they are filed, or nobody wants them. */
  async forget(): Promise<void> {
    await this.pause();
    await forgetUploads(this.model);
  }

  private async next(): Promise<void> {
    const entry = this.entries.find((each) => each.state === "waiting");
    if (!this.running || !entry || this.entries.some((each) => each.state === "sending")) return;
    this.set(entry, { state: "sending" });
    const upload = entry.upload ?? this.prepare(entry);
    entry.upload = upload;
    if (!upload.url) {
      const [before] = await upload.findPreviousUploads();
      if (before) upload.resumeFromPreviousUpload(before);
    }
    // Meanwhile the person may have paused.
    if (entry.state === "sending") upload.start();
  }

  private prepare(entry: Entry): tus.Upload {
    return new tus.Upload(entry.file, {
      endpoint: ENDPOINT,
      chunkSize: PIECE,
      retryDelays: [0, 1000, 3000, 5000],
      metadata: { model: this.model, path: entry.path },
      fingerprint: async (file) => fingerprint(this.model, entry.path, file),
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(guardHeaders())) request.setHeader(name, value);
      },
      onShouldRetry: (error) => mayPass(error.originalResponse?.getStatus() ?? 0),
      onProgress: (sent) => this.set(entry, { sent }),
      onSuccess: () => {
        this.set(entry, { state: "whole", sent: entry.size });
        void this.next();
      },
      onError: (error) => {
        this.set(entry, { state: "failed", error: problemOf(error) });
        void this.next();
      },
    });
  }

  private set(entry: Entry, changed: Partial<Sending>): void {
    Object.assign(entry, changed);
    this.tell();
  }

  private tell(): void {
    this.shown = this.entries.map(({ path, size, sent, state, error }) => ({
      path,
      size,
      sent,
      state,
      error,
    }));
    for (const listener of this.listeners) listener();
  }
}

function mayPass(status: number): boolean {
  return status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;
}

/** What tells one file from another without reading it, so that it is found again after a reload. */
export function fingerprint(
  model: string,
  path: string,
  file: { size: number; lastModified: number },
): string {
  return `aird ${model} ${path} ${file.size} ${file.lastModified}`;
}

/** The problem that the server answered with, or that it cannot be reached. */
export function problemOf(error: Error): ApiError {
  const response = "originalResponse" in error ? (error as tus.DetailedError).originalResponse : null;
  if (!response) return toApiError(0, { code: "unreachable" });
  try {
    return toApiError(response.getStatus(), JSON.parse(response.getBody()));
  } catch {
    return toApiError(response.getStatus(), null);
  }
}

export interface Unfinished {
  model: string;
  files: string[];
}

/** What was begun in this browser and is not filed, by model. */
export async function unfinishedUploads(): Promise<Unfinished[]> {
  const models = new Map<string, string[]>();
  for (const { metadata } of await tus.defaultOptions.urlStorage.findAllUploads()) {
    if (!metadata.model || !metadata.path) continue;
    models.set(metadata.model, [...(models.get(metadata.model) ?? []), metadata.path]);
  }
  return [...models].map(([model, files]) => ({ model, files: files.sort() }));
}

/** Drop what this browser remembers of uploads to the model; the server clears up by itself. */
export async function forgetUploads(model: string): Promise<void> {
  for (const found of await tus.defaultOptions.urlStorage.findAllUploads()) {
    if (found.metadata.model === model) await tus.defaultOptions.urlStorage.removeUpload(found.urlStorageKey);
  }
}
