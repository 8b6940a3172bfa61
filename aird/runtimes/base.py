"""What every runtime offers: messages in, a stream of tokens out. Free of any ML import.

A stream is an ordinary iterator. Closing it (`stream.close()`) stops the work; the token seen last tells what
was used up to there, so an interrupted answer can be metered as well as a finished one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

Message = Mapping[str, str]
"""One turn of a chat: {"role": "system" | "user" | "assistant", "content": text}, and perhaps the speaker's "name"."""

FinishReason = Literal["stop", "length"]

BASE: Final = ""
"""The name to `use` for the base model itself, without any adapter."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A token and the natural logarithm of its probability, by the model's own distribution before any sampling."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Token:
    """One step of an answer.

    `text` holds whole characters only and may be empty (a character or a stop string is still incomplete).
    `finish_reason` is None on all tokens but the last. The counts are in tokens; `completion_tokens` is how
    many were generated so far, the end-of-turn token included. `likely`, where it was asked for, has this very token
    first and then the likeliest ones.
    """

    text: str
    finish_reason: FinishReason | None
    prompt_tokens: int
    completion_tokens: int
    likely: tuple[Likely, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is picked; temperature 0 is greedy. With `logprobs` each token tells this many likeliest ones."""

    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: int | None = None


@dataclass(slots=True)
class Prompt:
    """What an answer follows, in tokens of the unit that is asked."""

    ids: list[int]


@dataclass(eq=False)
class Row:
    """One answer in the making; what an engine needs beside it, it keeps in a subclass or under this object.

    Rows of one request with n > 1 share one `prompt` object.
    """

    adapter: str
    prompt: Prompt
    sampling: Sampling


class Engine(Protocol):
    """A model that answers several rows at once. Its one thread calls all but `encode`."""

    context: int
    """Tokens that a prompt and its answer may have together."""

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the resident adapters."""
        ...

    def add_adapter(self, name: str, path: Path) -> None:
        """Load an adapter beside the others."""
        ...

    def remove_adapter(self, name: str) -> None:
        """Free an adapter that no row uses."""
        ...

    def encode(self, adapter: str, asked: "Sequence[Message] | str | Sequence[int]") -> Prompt:
        """A chat, a text or token ids as a prompt; for one other thread. Raises PromptTooLong."""
        ...

    def rows(self, adapter: str, prompt: Prompt, sampling: Sampling, n: int) -> Sequence[Row] | None:
        """Make `n` rows that answer the prompt; None while there is no memory for them. Raises CacheTooSmall."""
        ...

    def step(self, rows: Sequence[Row]) -> Sequence[Token | Exception | None]:
        """Bring each row one token on; None for one whose prompt is still being read."""
        ...

    def leave(self, row: Row) -> None:
        """Free what a row holds: it has ended, failed, or nobody waits for it."""
        ...

    def embed(self, adapter: str, prompt: Prompt) -> list[float]:
        """The mean of the prompt's last hidden states, scaled to length 1."""
        ...

    def memory(self) -> Mapping[str, int]:
        """Bytes that are held, by what holds them."""
        ...


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
