"""One answer as it is written: from the logits of each step to a token with its text, until it ends."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from aird.runtimes.base import FinishReason, Likely, Prompt, Row, Sampling, Token
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.sampling import Sampler, likely
from aird.runtimes.text import TextStream


class Writing(Row):
    """A row with its tokenizer and its randomness. `last` is the token that the next step reads."""

    def __init__(
        self,
        adapter: str,
        prompt: Prompt,
        sampling: Sampling,
        *,
        words: tuple[Any, frozenset[int]],
        room: int,
        choice: int = 0,
        device: torch.device,
    ) -> None:
        super().__init__(adapter, prompt, sampling)
        self._tokenizer, self._end_ids = words
        self.limit = room if sampling.max_tokens is None else min(sampling.max_tokens, room)
        seed = None if sampling.seed is None else sampling.seed + choice
        self.sampler = Sampler(sampling.temperature, sampling.top_p, seed, device)
        self._text = TextStream(self._tokenizer, sampling.stop)
        self.made = 0
        self.last = -1
        self.broken = False
        """Whether its numbers were not finite."""

    def pick(self, logits: Tensor) -> Token:
        """The next token by these logits over the vocabulary. Raises VersionUnusable."""
        try:
            return self.take(self.sampler.pick(logits), logits)
        except VersionUnusable:
            self.broken = True
            raise

    def take(self, token: int, logits: Tensor) -> Token:
        """Go on with this token, which was picked by these logits."""
        self.made, self.last = self.made + 1, token
        ended = token in self._end_ids
        piece = "" if ended else self._text.push(token)
        cut = "length" if self.made >= self.limit else None
        reason: FinishReason | None = "stop" if ended or self._text.stopped else cut  # type: ignore[assignment]
        if reason:
            piece += self._text.finish()
            reason = "stop" if self._text.stopped else reason
        count = self.sampling.logprobs
        told: Sequence[Likely] = () if count is None else likely(logits, token, count, self._tokenizer)
        return Token(piece, reason, len(self.prompt.ids), self.made, tuple(told))
