"""What an answer has used so far, out of what the engine says in each piece. Pure.

An engine that says the usage in every piece (`continuous_usage_stats`) is believed; for one that does not, each
piece with something in it counts as a token, and the sum is marked as estimated. A stream's last usage, which comes
without choices, is the exact one.
"""

from dataclasses import dataclass, field
from typing import Any

from aird.deploy.gateway.meter import Usage

BYTES_A_TOKEN = 4
"""What an estimate takes a token of a question to be."""


@dataclass
class Tally:
    """The tokens of one answer in the making."""

    prompt_bound: int
    finish_reason: str | None = None
    completion: int = 0
    """Tokens of the answer so far."""
    _prompt: int | None = None
    _cached: int | None = None
    _by_choice: dict[int, int] = field(default_factory=dict)
    _exact: int | None = None
    _counted: bool = False

    @property
    def begun(self) -> bool:
        """Whether the engine has begun to answer."""
        return self._prompt is not None or bool(self._by_choice)

    @property
    def prompt(self) -> int:
        """Tokens of the question, a guess while nobody said it."""
        return self._prompt if self._prompt is not None else self.guessed_prompt

    @property
    def estimated(self) -> bool:
        """Whether some of it is not what the engine said."""
        return self._prompt is None or (self._counted and self._exact is None)

    @property
    def usage(self) -> Usage:
        """What was used so far."""
        return Usage(self.prompt, self.completion, self._cached)

    @property
    def guessed_prompt(self) -> int:
        """What the question is worth while nobody said it."""
        return -(-self.prompt_bound // BYTES_A_TOKEN)

    def take(self, piece: dict[str, Any]) -> None:
        """Note a piece of a stream, or a whole answer; its usage is taken out of a piece."""
        said, choices = piece.get("usage"), piece.get("choices") or ()
        for choice in choices:
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        if said is not None:
            self._believe(said, choices)
            return
        for choice in choices:
            if choice.get("delta") or choice.get("text"):
                index = choice.get("index", 0)
                self._count(index, self._by_choice.get(index, 0) + 1)
                self._counted = True

    def _count(self, index: int, tokens: int) -> None:
        if self._exact is None:
            self.completion += tokens - self._by_choice.get(index, 0)
        self._by_choice[index] = tokens

    def _believe(self, said: dict[str, Any], choices: Any) -> None:
        self._prompt = said["prompt_tokens"]
        details = said.get("prompt_tokens_details")
        if details:
            self._cached = details.get("cached_tokens")
        completion = said.get("completion_tokens") or 0
        if len(choices) == 1 and "message" not in choices[0]:
            self._count(choices[0].get("index", 0), completion)
        else:
            self._exact = self.completion = completion
