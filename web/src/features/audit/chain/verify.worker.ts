/** Recomputes the chain away from the page: it reads the export as it arrives and tells how far it is. */
import { type Anchor, Walk } from "./verify";

export interface Order {
  /** The log: the server's export, or a file that was kept elsewhere. */
  source: string | File;
  anchors: Anchor[];
}

const PIECE = 500;

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  work(data).then(
    (verdict) => postMessage({ verdict }),
    (error: unknown) => postMessage({ error: String(error) }),
  );
});

async function work({ source, anchors }: Order) {
  const walk = new Walk(anchors);
  let waiting: string[] = [];
  for await (const line of linesOf(await open(source))) {
    if (line.trim() === "") continue;
    waiting.push(line);
    if (waiting.length < PIECE) continue;
    if (!(await walk.take(waiting))) return walk.end();
    waiting = [];
    postMessage({ entries: walk.entries });
  }
  await walk.take(waiting);
  return walk.end();
}

async function open(source: string | File): Promise<ReadableStream<Uint8Array>> {
  if (typeof source !== "string") return source.stream();
  const answer = await fetch(source);
  if (!answer.ok || !answer.body) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.body;
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (done) break;
  }
  if (rest) yield rest;
}
