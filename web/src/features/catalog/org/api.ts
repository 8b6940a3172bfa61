import { queryOptions } from "@tanstack/react-query";
import { client, ok } from "../../../api/client";

/** Departments with their people and the number of their models. */
export const organisationQuery = queryOptions({
  queryKey: ["organisation"],
  queryFn: () => ok(client.GET("/api/v1/organisation")),
});

const SHOWN = 50;

/** The models of one department, for its card. */
export const departmentModelsQuery = (department: string) =>
  queryOptions({
    queryKey: ["models", "of", department],
    queryFn: () => ok(client.GET("/api/v1/models", { params: { query: { department, limit: SHOWN } } })),
  });
