/** One streamed answer from an endpoint, over the same OpenAI protocol that programs use. */
import { changeHeaders, toApiError } from "../../api/client";
import { readEvents } from "../../lib/sse";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface Answer {
  /** The completion's id; feedback names it. */
  id: string;
  content: string;
  /** "department/endpoint@digest", as the server answered. */
  model: string;
  finish: string | null;
  tokens: { prompt: number; completion: number } | null;
}

interface Chunk {
  id?: string;
  model?: string;
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  error?: unknown;
}

/** The answer with one more piece of the stream. */
export function addChunk(answer: Answer, chunk: Chunk): Answer {
  if (chunk.error) throw toApiError(502, chunk);
  const choice = chunk.choices?.[0];
  return {
    id: answer.id || chunk.id || "",
    content: answer.content + (choice?.delta?.content ?? ""),
    model: chunk.model ?? answer.model,
    finish: choice?.finish_reason ?? answer.finish,
    tokens: chunk.usage
      ? { prompt: chunk.usage.prompt_tokens, completion: chunk.usage.completion_tokens }
      : answer.tokens,
  };
}

export interface Ask {
  model: string;
  messages: Message[];
  temperature: number;
  maxTokens: number;
}

/** Yields the growing answer. */
export async function* streamAnswer(ask: Ask, signal: AbortSignal): AsyncGenerator<Answer> {
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: changeHeaders(),
    signal,
    body: JSON.stringify({
      model: ask.model,
      messages: ask.messages,
      temperature: ask.temperature,
      max_tokens: ask.maxTokens,
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (!response.ok || !response.body) {
    throw toApiError(response.status, await response.json().catch(() => null));
  }
  let answer: Answer = {
    id: response.headers.get("x-request-id") ?? "",
    content: "",
    model: ask.model,
    finish: null,
    tokens: null,
  };
  for await (const event of readEvents(response.body)) {
    if (event.data === "[DONE]") return;
    answer = addChunk(answer, JSON.parse(event.data) as Chunk);
    yield answer;
  }
}
