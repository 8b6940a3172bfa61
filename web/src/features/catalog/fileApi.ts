import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";

/** One version, as the addresses of the API name it. */
export interface VersionPath {
  department: string;
  model: string;
  number: number;
}

const key = ({ department, model, number }: VersionPath) =>
  ["model", department, model, "versions", number] as const;
const VERSION = "/api/v1/models/{department}/{model}/versions/{number}";

export const cardQuery = (version: VersionPath) =>
  queryOptions({
    queryKey: [...key(version), "card"],
    queryFn: () => ok(client.GET(`${VERSION}/card`, { params: { path: { ...version } } })),
  });

export const diffQuery = (version: VersionPath, against: string) =>
  queryOptions({
    queryKey: [...key(version), "diff", against],
    queryFn: () =>
      ok(client.GET(`${VERSION}/diff`, { params: { path: { ...version }, query: { against } } })),
  });

export const textQuery = (version: VersionPath, path: string) =>
  queryOptions({
    queryKey: [...key(version), "text", path],
    queryFn: () => ok(client.GET(`${VERSION}/files/{path}`, { params: { path: { ...version, path } } })),
  });

export const headerQuery = (version: VersionPath, path: string) =>
  queryOptions({
    queryKey: [...key(version), "header", path],
    queryFn: () =>
      ok(client.GET(`${VERSION}/files/{path}/header`, { params: { path: { ...version, path } } })),
  });

/** Where the bytes of a file are handed out. */
export function contentAddress({ department, model, number }: VersionPath, path: string): string {
  const parts = ["models", department, model, "versions", String(number), "content", ...path.split("/")];
  return `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
}
