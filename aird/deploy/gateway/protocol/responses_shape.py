"""The answers of /v1/responses: one object, or the events in which it grows. Pure.

The order of events is that of the protocol: created, in_progress, then for each item added, its parts, its deltas,
done; at last completed, incomplete (cut at the longest answer) or failed. Every event has a `sequence_number`.
"""

from dataclasses import dataclass, field
from typing import Any

from aird.core.errors import AirdError
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.asked import Head, Json
from aird.deploy.gateway.protocol.errors import code_of


@dataclass
class ResponseShape:
    """One response in the making."""

    echo: Json
    with_logprobs: bool = False
    _head: Head = field(default=Head("", 0, ""))
    _sequence: int = 0
    _message: Json | None = None
    _calls: dict[int, Json] = field(default_factory=dict)
    _output: list[Json] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)
    _logprobs: list[Json] = field(default_factory=list)
    _reason: str = ""

    def whole(self, answer: Json, head: Head) -> Json:
        """The response out of the runtime's chat completion."""
        self._head = head
        choice = answer["choices"][0]
        said, output = choice["message"], list[Json]()
        if said.get("content"):
            message = self._new_message()
            logprobs = _logprobs(choice) if self.with_logprobs else []
            message["content"] = [_text(said["content"], logprobs)]
            output.append({**message, "status": _status(choice.get("finish_reason"))})
        for i, call in enumerate(said.get("tool_calls") or ()):
            new = self._new_call(i, call)
            output.append({**new, "arguments": call["function"]["arguments"], "status": "completed"})
        return self._response(choice.get("finish_reason") or "stop", output, answer.get("usage"))

    def begin(self, head: Head) -> bytes:
        """The response is there and empty."""
        self._head = head
        empty = self._response(None, [], None)
        return self._event("response.created", response=empty) + self._event("response.in_progress", response=empty)

    def piece(self, chunk: Json) -> bytes:
        """The events of one piece of the runtime's chat completion."""
        events = b""
        for choice in chunk["choices"]:
            delta = choice.get("delta") or {}
            if delta.get("content"):
                events += self._take_text(delta["content"], _logprobs(choice) if self.with_logprobs else [])
            for call in delta.get("tool_calls") or ():
                events += self._take_call(call)
            self._reason = choice.get("finish_reason") or self._reason
        return events

    def end(self, usage: Json) -> bytes:
        """Every item is done, and so is the response."""
        events = self._close_message() + b"".join(self._close_call(each) for each in self._calls.values())
        response = self._response(self._reason or "stop", self._output, usage)
        return events + self._event(f"response.{response['status']}", response=response)

    def failed(self, error: AirdError) -> bytes:
        """The response broke."""
        response = self._response(None, self._output, None)
        response["status"] = "failed"
        response["error"] = {"code": "server_error", "message": error.message}
        broken = self._event("response.failed", response=response)
        return broken + self._event("error", code=code_of(error), message=error.message, param=None)

    def _take_text(self, text: str, logprobs: list[Json]) -> bytes:
        events = b""
        if self._message is None:
            self._message = self._new_message()
            self._output.append(self._message)
            events += self._event("response.output_item.added", output_index=self._at, item=dict(self._message))
            events += self._event("response.content_part.added", **self._where, part=_text("", []))
        self._said.append(text)
        self._logprobs += logprobs
        return events + self._event("response.output_text.delta", **self._where, delta=text, logprobs=logprobs)

    def _close_message(self) -> bytes:
        if self._message is None:
            return b""
        text, where = "".join(self._said), self._where
        part = _text(text, self._logprobs)
        self._message |= {"content": [part], "status": _status(self._reason)}
        events = self._event("response.output_text.done", **where, text=text, logprobs=self._logprobs)
        events += self._event("response.content_part.done", **where, part=part)
        return events + self._event("response.output_item.done", output_index=self._at, item=self._message)

    def _take_call(self, call: Json) -> bytes:
        index, function, events = int(call.get("index") or 0), call.get("function") or {}, b""
        item = self._calls.get(index)
        if item is None:
            item = self._calls[index] = self._new_call(index, call)
            self._output.append(item)
            at = self._output.index(item)
            events += self._event("response.output_item.added", output_index=at, item=dict(item))
        more = function.get("arguments")
        if not more:
            return events
        item["arguments"] += more
        at = self._output.index(item)
        kind = "response.function_call_arguments.delta"
        return events + self._event(kind, output_index=at, item_id=item["id"], delta=more)

    def _close_call(self, item: Json) -> bytes:
        item["status"] = "completed"
        at, said = self._output.index(item), {"arguments": item["arguments"], "name": item["name"]}
        kind = "response.function_call_arguments.done"
        events = self._event(kind, output_index=at, item_id=item["id"], **said)
        return events + self._event("response.output_item.done", output_index=at, item=item)

    @property
    def _at(self) -> int:
        """Where the message stands among the items."""
        return next(i for i, each in enumerate(self._output) if each is self._message)

    @property
    def _where(self) -> Json:
        return {"item_id": self._message["id"] if self._message else "", "output_index": self._at, "content_index": 0}

    def _new_message(self) -> Json:
        own = self._head.id.removeprefix("resp_")
        return {"id": f"msg_{own}", "type": "message", "role": "assistant", "status": "in_progress", "content": []}

    def _new_call(self, index: int, call: Json) -> Json:
        own, name = self._head.id.removeprefix("resp_"), (call.get("function") or {}).get("name") or ""
        said = {"call_id": call.get("id") or f"call_{own}_{index}", "name": name, "arguments": ""}
        return {"id": f"fc_{own}_{index}", "type": "function_call", "status": "in_progress", **said}

    def _response(self, reason: str | None, output: list[Json], usage: Json | None) -> Json:
        status = "in_progress" if reason is None else _status(reason)
        return {
            "id": self._head.id,
            "object": "response",
            "created_at": self._head.created,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "model": self._head.model,
            "output": output,
            "usage": _usage(usage),
            **self.echo,
        }

    def _event(self, kind: str, **said: Any) -> bytes:
        number, self._sequence = self._sequence, self._sequence + 1
        return wire.named_event({"type": kind, "sequence_number": number, **said})


def _status(reason: str | None) -> str:
    return "incomplete" if reason == "length" else "completed"


def _text(text: str, logprobs: list[Json]) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


def _logprobs(choice: Json) -> list[Json]:
    return list((choice.get("logprobs") or {}).get("content") or ())


def _usage(given: Json | None) -> Json | None:
    if not given:
        return None
    cached = (given.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return {
        "input_tokens": given["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": given["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given["total_tokens"],
    }
