"""What a program with the openai package does against a gateway: BASE_URL, API_KEY and TOKEN are in the environment."""

import asyncio
import io
import json
import os

import openai

url, model = os.environ["BASE_URL"], "support/desk"
client = openai.OpenAI(base_url=url, api_key=os.environ["API_KEY"])
person = openai.OpenAI(base_url=url, api_key=os.environ["TOKEN"], project="support")
ask = [{"role": "user", "content": "short"}]
said = {}

answer = client.chat.completions.create(model=model, messages=ask)
said["chat"] = [answer.choices[0].message.content, answer.usage.total_tokens]
pieces = list(
    client.chat.completions.create(model=model, messages=ask, stream=True, stream_options={"include_usage": True})
)
text = "".join(each.choices[0].delta.content or "" for each in pieces if each.choices)
said["stream"] = [text, pieces[-1].usage.total_tokens]
said["completion"] = client.completions.create(model=model, prompt="short").choices[0].text
said["embedding"] = len(client.embeddings.create(model=model, input="short").data[0].embedding)
said["response"] = client.responses.create(model=model, input="short").output_text
said["models"] = [each.id for each in client.models.list()]


async def at_once() -> list[str]:
    async with openai.AsyncOpenAI(base_url=url, api_key=os.environ["API_KEY"]) as many:
        asked = [many.chat.completions.create(model=model, messages=ask) for _ in range(5)]
        return [each.choices[0].finish_reason for each in await asyncio.gather(*asked)]


said["at_once"] = asyncio.run(at_once())
try:
    client.chat.completions.create(model=model, messages=ask, reasoning_effort="low")
except openai.BadRequestError as error:
    said["refused"] = error.param
line = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
file = person.files.create(file=("a.jsonl", io.BytesIO(json.dumps(line).encode())), purpose="fine-tune")
said["files"] = [file.id in [each.id for each in person.files.list()], person.files.delete(file.id).deleted]
print(json.dumps(said))
