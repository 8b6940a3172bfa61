/** What an item of an exam asks, and what is right: one of its choices, or the text that is wanted. */
export interface Question {
  id: string;
  /** What was said last before the answer; null where the item says it in a way of its own. */
  asked: string | null;
  choices: string[];
  right: number | null;
  wanted: string | null;
}

export function readQuestion(item: Record<string, unknown>): Question {
  const messages = Array.isArray(item.messages) ? item.messages : [];
  const last: unknown = messages.at(-1)?.content;
  const choices = Array.isArray(item.choices) ? item.choices.filter((each) => typeof each === "string") : [];
  return {
    id: typeof item.id === "string" ? item.id : JSON.stringify(item),
    asked: typeof last === "string" ? last : null,
    choices,
    right: typeof item.answer === "number" ? item.answer : null,
    wanted: typeof item.target === "string" ? item.target : null,
  };
}
