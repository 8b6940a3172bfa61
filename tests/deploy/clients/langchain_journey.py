"""What a program with langchain-openai does against a gateway: BASE_URL and API_KEY are in the environment."""

import json
import os

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

said = {}
common = {"base_url": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "model": "support/desk"}
chat = ChatOpenAI(**common)
whole = chat.invoke("short")
said["chat"] = [whole.content, whole.usage_metadata["total_tokens"]]
said["named"] = chat.invoke([HumanMessage("short", name="ann")]).content  # as agents send each other's messages
plain, counted = None, None
for piece in ChatOpenAI(**common, stream_usage=False).stream("short"):
    plain = piece if plain is None else plain + piece
for piece in ChatOpenAI(**common, stream_usage=True).stream("short"):
    counted = piece if counted is None else counted + piece
said["stream"] = [plain.content, plain.usage_metadata]
said["counted"] = [counted.content, counted.usage_metadata["input_tokens"], counted.usage_metadata["output_tokens"]]
said["response"] = ChatOpenAI(**common, use_responses_api=True).invoke("short").content[0]["text"]
said["response_stream"] = "".join(
    part["text"]
    for piece in ChatOpenAI(**common, use_responses_api=True).stream("short")
    for part in piece.content
    if part.get("type") == "text" and "text" in part
)
made = OpenAI(**common, max_tokens=5).generate(["short", "short"])
said["completions"] = [each[0].text for each in made.generations]
embeddings = OpenAIEmbeddings(**common, check_embedding_ctx_length=False)
said["embeddings"] = [len(each) for each in embeddings.embed_documents(["a", "b"])]
print(json.dumps(said))
