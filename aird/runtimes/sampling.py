"""Picks the next token of a row: greedy at temperature 0, else nucleus sampling (https://arxiv.org/abs/1904.09751)."""

from typing import Any

import torch
from torch import Tensor

from aird.runtimes.base import Likely
from aird.runtimes.errors import VersionUnusable


class Sampler:
    """One row's randomness: what it picks depends on its seed and its logits, not on who is answered beside it."""

    def __init__(self, temperature: float, top_p: float, seed: int | None, device: torch.device) -> None:
        self.greedy = temperature <= 0
        self._temperature = temperature
        self._top_p = top_p
        self._random = torch.Generator(device)
        if not self.greedy:
            self._random.seed() if seed is None else self._random.manual_seed(seed)

    def pick(self, logits: Tensor) -> int:
        """`logits` over the vocabulary, of any floating type. Raises VersionUnusable."""
        logits = logits.float()
        if not torch.isfinite(logits).all():
            raise unusable()
        if self.greedy:
            return int(logits.argmax())
        probabilities = torch.softmax(logits / self._temperature, dim=-1)
        if self._top_p >= 1:
            return int(torch.multinomial(probabilities, 1, generator=self._random))
        probabilities, order = probabilities.sort(descending=True, stable=True)
        kept = probabilities.cumsum(-1) - probabilities < self._top_p
        kept[0] = True
        choice = torch.multinomial(probabilities * kept, 1, generator=self._random)
        return int(order[choice])


def unusable() -> VersionUnusable:
    """What is said of a model whose numbers are not finite."""
    return VersionUnusable(
        "The model answers with NaN or infinity, so this version is unusable. Retire it and train it again."
    )


def likely(logits: Tensor, chosen: int, count: int, tokenizer: Any) -> tuple[Likely, ...]:
    """The chosen token first, then the `count` likeliest ones, by the model's own distribution."""
    logprobs = torch.log_softmax(logits.float(), dim=-1)
    values, ids = logprobs.topk(min(count, logprobs.shape[-1]))
    pairs = [(chosen, float(logprobs[chosen])), *zip(ids.tolist(), values.tolist(), strict=True)]
    return tuple(Likely(tokenizer.decode([token]), value) for token, value in pairs)
