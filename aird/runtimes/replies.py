"""Answers in OpenAI's shapes, byte for byte as a client of vLLM expects them. Pure.

A stream is a sequence of server-sent events: for each choice one that opens it (chats only), one for each token, then
the usage with no choices if it was asked for, then `[DONE]`. With continuous usage every event tells its own choice's
tokens so far, as vLLM does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aird.core.errors import AirdError
from aird.runtimes.base import Likely, Token

DONE = b"data: [DONE]\n\n"
TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
RETRY_SECONDS = {429: "1", 503: "5"}


@dataclass
class Reply:
    """One request's answers as they grow. `chat` tells chats and plain completions apart."""

    id: str
    created: int
    model: str
    chat: bool
    prompt_tokens: int
    with_usage: bool = False
    continuous: bool = False
    choices: dict[int, list[Token]] = field(default_factory=dict)

    def add(self, index: int, token: Token) -> None:
        """Note one token of a choice."""
        self.choices.setdefault(index, []).append(token)

    def usage(self) -> dict[str, int]:
        """Of all choices together."""
        return _usage(self.prompt_tokens, sum(tokens[-1].completion_tokens for tokens in self.choices.values()))

    def whole(self) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        choices = [self._choice(index, tokens) for index, tokens in sorted(self.choices.items())]
        return {**self._head("chat.completion" if self.chat else "text_completion"), "choices": choices} | {
            "usage": self.usage()
        }

    def _choice(self, index: int, tokens: Sequence[Token]) -> dict[str, Any]:
        text = "".join(token.text for token in tokens)
        said = {"message": {"role": "assistant", "content": text, "refusal": None}} if self.chat else {"text": text}
        return {
            "index": index,
            **said,
            "logprobs": self._logprobs(tokens, 0),
            "finish_reason": tokens[-1].finish_reason,
        }

    def events(self, index: int, token: Token) -> list[bytes]:
        """What a stream says when this token comes; it is noted, too."""
        opens = self.chat and index not in self.choices
        before = sum(len(each.text) for each in self.choices.get(index, ())) if token.likely else 0
        self.add(index, token)
        found = [self._event(index, {"role": "assistant", "content": ""}, None, None, 0)] if opens else []
        delta = {"content": token.text}
        made = token.completion_tokens
        return [*found, self._event(index, delta, self._logprobs([token], before), token.finish_reason, made)]

    def _event(self, index: int, delta: dict[str, str], logprobs: Any, reason: str | None, made: int) -> bytes:
        said: dict[str, Any] = {"delta": delta} if self.chat else {"text": delta["content"]}
        body: dict[str, Any] = self._head("chat.completion.chunk" if self.chat else "text_completion")
        body["choices"] = [{"index": index, **said, "logprobs": logprobs, "finish_reason": reason}]
        if self.continuous:
            body["usage"] = _usage(self.prompt_tokens, made)
        elif self.with_usage:
            body["usage"] = None
        return event(body)

    def end(self) -> list[bytes]:
        """What a stream says when every choice has ended."""
        if not self.with_usage:
            return [DONE]
        kind = "chat.completion.chunk" if self.chat else "text_completion"
        return [event({**self._head(kind), "choices": [], "usage": self.usage()}), DONE]

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _logprobs(self, tokens: Sequence[Token], offset: int) -> dict[str, Any] | None:
        if not tokens[0].likely:
            return None
        if self.chat:
            return {"content": [_said(token.likely) for token in tokens], "refusal": None}
        offsets = []
        for token in tokens:
            offsets.append(offset)
            offset += len(token.text)
        return {
            "tokens": [token.likely[0].text for token in tokens],
            "token_logprobs": [token.likely[0].logprob for token in tokens],
            "top_logprobs": [{each.text: each.logprob for each in reversed(token.likely)} for token in tokens],
            "text_offset": offsets,
        }


def _said(likely: Sequence[Likely]) -> dict[str, Any]:
    said, *top = likely
    return _one(said) | {"top_logprobs": [_one(each) for each in top]}


def _one(likely: Likely) -> dict[str, Any]:
    return {"token": likely.text, "logprob": likely.logprob, "bytes": list(likely.text.encode("utf-8", "replace"))}


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def envelope(error: AirdError) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    kind = TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    said = {"message": error.message, "type": kind, "param": error.params.get("param"), "code": error.code}
    return {"error": said}


def event(value: Mapping[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + encode(value) + b"\n\n"


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact JSON; half a surrogate pair, which an error may quote from the request, leaves as an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
