"""One request, read: what the runtime is sent, what it may cost, and how its answer is shown. Pure."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from aird.core.errors import AirdError
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.errors import FieldRefused, envelope

Json = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """What the gateway says of an answer in place of the runtime."""

    id: str
    created: int
    model: str


class Shape(Protocol):
    """How the runtime's answer is shown to the client. One object for each answer."""

    def whole(self, answer: Json, head: Head) -> Json:
        """The body of an answer that is not streamed; `answer` is the runtime's and may be used up."""

    def begin(self, head: Head) -> bytes:
        """Events before the first piece."""

    def piece(self, chunk: Json) -> bytes:
        """The events of one piece of the runtime's, whose usage was taken out."""

    def end(self, usage: Json) -> bytes:
        """Events after the last piece."""

    def failed(self, error: AirdError) -> bytes:
        """The last event of a stream that broke."""


@dataclass(frozen=True)
class Asked:
    """What is asked of an endpoint."""

    model: str
    path: str  # below /v1 of the runtime
    body: Json  # for the runtime, without `model`
    shape: Shape
    prefix: str  # of the answer's id
    prompt_bound: int  # tokens at most
    max_tokens: int = 0  # of each choice
    choices: int = 1
    stream: bool = False
    session: str = ""
    private: bool = False  # the client wants nothing of it kept
    needs: dict[str, str] = field(default_factory=dict)  # what the runtime must offer -> the field that asks for it
    ignored: tuple[str, ...] = ()

    def check(self, offers: frozenset[str], name: str) -> None:
        """Refuse by name what the runtime of this route cannot do. Raises FieldRefused."""
        for need, param in self.needs.items():
            if need in offers:
                continue
            if param == "model":
                raise FieldRefused("model", f"{name} does not offer /v1/{self.path}: its runtime cannot do it.")
            raise FieldRefused(param, f"`{param}` is not offered by the runtime of {name}. Leave it out.")


def usage_of(prompt: int, completion: int, cached: int | None) -> Json:
    """Tokens as the chat and completion protocols show them."""
    shown: Json = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if cached is not None:
        shown["prompt_tokens_details"] = {"cached_tokens": cached}
    return shown


@dataclass
class PlainShape:
    """Chat and completions: the runtime speaks the same protocol, only id, time and model are ours.

    The runtime says the usage in every piece; the client sees it once, at the end, and only when it asked
    (clients that add up every usage they see would count too much).
    """

    kind: str
    include_usage: bool = False
    _head: Json = field(default_factory=dict)

    def whole(self, answer: Json, head: Head) -> Json:
        """The runtime's answer under our name."""
        shown: Json = {
            "id": head.id,
            "object": self.kind.removesuffix(".chunk"),
            "created": head.created,
            "model": head.model,
            "choices": [_choice(each) for each in answer["choices"]],
        }
        if answer.get("usage"):
            shown["usage"] = answer["usage"]
        return shown

    def begin(self, head: Head) -> bytes:
        """Nothing: the first piece has everything."""
        self._head = {"id": head.id, "object": self.kind, "created": head.created, "model": head.model}
        if self.include_usage:
            self._head["usage"] = None
        return b""

    def piece(self, chunk: Json) -> bytes:
        """The piece under our name."""
        choices = chunk["choices"]
        if not choices:
            return b""
        return wire.event({**self._head, "choices": [_choice(each) for each in choices]})

    def end(self, usage: Json) -> bytes:
        """The usage where it was asked for, and the mark of the end."""
        if not self.include_usage:
            return wire.DONE
        return wire.event({**self._head, "choices": [], "usage": usage}) + wire.DONE

    def failed(self, error: AirdError) -> bytes:
        """The error as the clients raise it."""
        return wire.event(envelope(error))


def _choice(choice: Json) -> Json:
    """Without what a runtime adds of its own."""
    for name in ("stop_reason", "token_ids", "prompt_logprobs", "prompt_token_ids", "routed_experts"):
        choice.pop(name, None)
    return choice
