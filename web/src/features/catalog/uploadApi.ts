import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, ok } from "../../api/client";
import type { Version } from "../../api/types";
import type { Target } from "./register/target";

export interface Filing {
  base?: string;
  license?: string;
  notes?: string;
}

/** Open the model that is to be new. */
export async function openModel({ department, name, title }: Target): Promise<void> {
  const body = { name: `${department}/${name}`, title: title.trim(), description: "", tags: [] };
  await ok(client.POST("/api/v1/models", { body }));
}

/** File what lies whole on the server as a version of the model. */
export function useFileUploads() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({
      name,
      uploads,
      filing,
    }: {
      name: string;
      uploads: string[];
      filing: Filing;
    }): Promise<Version> => {
      const [department = "", model = ""] = name.split("/");
      return ok(
        client.POST("/api/v1/models/{department}/{model}/versions/from-uploads", {
          params: { path: { department, model } },
          body: { uploads, ...filing },
        }),
      );
    },
    onSuccess: () =>
      Promise.all(
        [["models"], ["versions"], ["model"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
}
