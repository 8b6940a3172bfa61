import { client, ok } from "../../api/client";
import { useAct } from "../../api/useAct";

export interface Rating {
  completion_id: string;
  rating: 1 | -1;
  comment: string;
  messages: { role: "system" | "user" | "assistant"; content: string }[];
  answer: string;
}

/** A rating becomes an item of the endpoint's feedback dataset. */
export function useRate(done: string) {
  return useAct({ run: (body: Rating) => ok(client.POST("/api/v1/feedback", { body })), touches: [], done });
}
