import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../api/client";

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: () => ok(client.GET("/api/v1/health")),
  refetchInterval: 30_000,
});
