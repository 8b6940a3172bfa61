"""POST /v1/embeddings (https://platform.openai.com/docs/api-reference/embeddings). Pure."""

import base64
import sys
from array import array
from dataclasses import dataclass
from typing import Any

from aird.core.errors import AirdError
from aird.deploy.gateway.protocol import fields, wire
from aird.deploy.gateway.protocol.asked import Asked, Head, Json
from aird.deploy.gateway.protocol.errors import FieldRefused, envelope
from aird.deploy.gateway.protocol.fields import AllowList

FIELDS = AllowList(
    offered=frozenset({"model", "input", "encoding_format"}),
    neutral={},
    needed={"dimensions": "dimensions"},
)
MAX_INPUTS = 2048


def parse(raw: bytes, *, default_max_tokens: int) -> Asked:
    """Read a request for embeddings; they have no limit of tokens. Raises FieldRefused."""
    found = FIELDS.sort(wire.read(raw))
    taken, texts = found.taken, _texts(found.taken.get("input"))
    encoding = taken.get("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise FieldRefused("encoding_format", "`encoding_format` must be float or base64.")
    body: Json = {"input": texts, "encoding_format": "float"}
    dimensions = fields.whole(taken, "dimensions", 1, 65536)
    if dimensions is not None:
        body["dimensions"] = dimensions
    return Asked(
        model=fields.model(taken),
        path="embeddings",
        body=body,
        shape=EmbeddingShape(encoding == "base64"),
        prefix="embd-",
        prompt_bound=sum(fields.bytes_of(each) + 8 for each in texts),
        choices=0,
        session=fields.session(taken),
        needs={"embeddings": "model", **found.needs},
        ignored=found.ignored,
    )


@dataclass
class EmbeddingShape:
    """A list of vectors, as numbers or as little-endian float32 in base64."""

    packed: bool

    def whole(self, answer: Json, head: Head) -> Json:
        """The runtime's vectors under our name."""
        vectors = [
            {"object": "embedding", "index": each["index"], "embedding": self._shown(each["embedding"])}
            for each in answer["data"]
        ]
        used = answer.get("usage") or {}
        prompt = int(used.get("prompt_tokens") or 0)
        usage = {"prompt_tokens": prompt, "total_tokens": prompt}
        return {"object": "list", "data": vectors, "model": head.model, "usage": usage}

    def begin(self, head: Head) -> bytes:
        """Embeddings are not streamed."""
        raise NotImplementedError

    def piece(self, chunk: Json) -> bytes:
        """Embeddings are not streamed."""
        raise NotImplementedError

    def end(self, usage: Json) -> bytes:
        """Embeddings are not streamed."""
        raise NotImplementedError

    def failed(self, error: AirdError) -> bytes:
        """The error as the clients raise it."""
        return wire.event(envelope(error))

    def _shown(self, vector: list[float]) -> list[float] | str:
        if not self.packed:
            return vector
        numbers = array("f", vector)
        if sys.byteorder == "big":
            numbers.byteswap()
        return base64.b64encode(numbers.tobytes()).decode()


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or len(texts) > MAX_INPUTS:
        raise FieldRefused("input", f"`input` must be a text or a list of 1 to {MAX_INPUTS} texts.")
    for each in texts:
        if not isinstance(each, str):
            raise FieldRefused(
                "input",
                "`input` must be text: token ids of another model's tokenizer mean nothing to this one "
                "(langchain-openai: check_embedding_ctx_length=False).",
            )
        if not each:
            raise FieldRefused("input", "`input` must not contain an empty text.")
    return texts
