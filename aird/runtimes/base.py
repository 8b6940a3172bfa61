"""What every runtime offers: messages in, a stream of tokens out. Free of any ML import.

A stream is an ordinary iterator. Closing it (`stream.close()`) stops the work; the token seen last tells what
was used up to there, so an interrupted answer can be metered as well as a finished one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

Message = Mapping[str, str]
"""One turn of a chat: {"role": "system" | "user" | "assistant", "content": text}."""

FinishReason = Literal["stop", "length"]

BASE: Final = ""
"""The name to `use` for the base model itself, without any adapter."""


@dataclass(frozen=True, slots=True)
class Token:
    """One step of an answer.

    `text` holds whole characters only and may be empty (a character or a stop string is still incomplete).
    `finish_reason` is None on all tokens but the last. The counts are in tokens; `completion_tokens` is how
    many were generated so far, the end-of-turn token included.
    """

    text: str
    finish_reason: FinishReason | None
    prompt_tokens: int
    completion_tokens: int


class Runtime(Protocol):
    """A resident model with any number of adapters on the one base."""

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the resident adapters."""
        ...

    def use(self, name: str | None) -> None:
        """Answer with this adapter from now on; None or BASE for the bare base model."""
        ...

    def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
        adapter: str | None = None,
    ) -> Iterator[Token]:
        """Answer the messages; temperature 0 is greedy. `adapter` overrides `use` for this answer alone."""
        ...
