// What a program with openai-node does against a gateway: BASE_URL, API_KEY, TOKEN and CLIENT are in the environment.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const from = createRequire(`${process.env.CLIENT}/package.json`);
const { default: OpenAI, toFile } = await import(pathToFileURL(from.resolve("openai")).href);
const baseURL = process.env.BASE_URL;
const model = "support/desk";
const client = new OpenAI({ baseURL, apiKey: process.env.API_KEY });
const messages = [{ role: "user", content: "short" }];
const said = {};

const whole = await client.chat.completions.create({ model, messages });
said.chat = [whole.choices[0].message.content, whole.usage.total_tokens];
let text = "";
let total = 0;
const stream = await client.chat.completions.create({
  model, messages, stream: true, stream_options: { include_usage: true },
});
for await (const piece of stream) {
  text += piece.choices[0]?.delta?.content ?? "";
  total = piece.usage?.total_tokens ?? total;
}
said.stream = [text, total];
said.completion = (await client.completions.create({ model, prompt: "short" })).choices[0].text;
said.embedding = (await client.embeddings.create({ model, input: "short" })).data[0].embedding.length;
said.response = (await client.responses.create({ model, input: "short" })).output_text;
said.models = [];
for await (const each of client.models.list()) said.models.push(each.id);
const left = new AbortController();
try {
  const slow = await client.chat.completions.create(
    { model, messages: [{ role: "user", content: "slow" }], stream: true, max_tokens: 5000 },
    { signal: left.signal },
  );
  for await (const _ of slow) left.abort();
} catch (error) {
  said.left = error instanceof OpenAI.APIUserAbortError;
}
said.left ??= left.signal.aborted;
try {
  await client.chat.completions.create({ model, messages, reasoning_effort: "low" });
} catch (error) {
  said.refused = error.param;
}
const person = new OpenAI({ baseURL, apiKey: process.env.TOKEN, project: "support" });
const line = JSON.stringify({ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b" }] });
const file = await person.files.create({ file: await toFile(Buffer.from(line), "a.jsonl"), purpose: "fine-tune" });
said.files = [file.status, (await person.files.delete(file.id)).deleted];
console.log(JSON.stringify(said));
