"""What exams ask of a model, whatever computes it; and how the transformers runtime answers it, in batches."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from aird.runtimes import chat
from aird.runtimes.greedy import pad_left

if TYPE_CHECKING:
    from aird.runtimes.hf import LoadedModel


class Sitter(Protocol):
    """A model that sits an exam."""

    context: int

    def use(self, name: str | None) -> None:
        """Answer with this adapter from now on; None for the whole model."""
        ...

    @property
    def tokenizer(self) -> Any:
        """What turns chats into tokens, and tokens into text."""
        ...

    @property
    def end_ids(self) -> frozenset[int]:
        """The ids that end an answer."""
        ...

    def add_adapter(self, name: str, path: Path) -> None:
        """Load an adapter beside the others. Raises AdapterUnusable."""
        ...

    def remove_adapter(self, name: str) -> None:
        """Free an adapter's memory."""
        ...

    def choice_log_probabilities(
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]]
    ) -> list[list[float]]:
        """For each prompt the log-probability (nats) of each of its answers; not finite where the logits are not."""
        ...

    def answer_logits(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> list[Tensor]:
        """For each prompt the logits (answer's tokens x vocabulary) that its answer's tokens were predicted from."""
        ...

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_new_tokens: int,
        batch_size: int,
        done: Callable[[int], None],
    ) -> list[list[int]]:
        """The ids of each greedy answer, its end-of-turn token included unless it was cut."""
        ...


def choice_log_probabilities(
    model: "LoadedModel", prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]]
) -> list[list[float]]:
    """As Sitter's, all prompts in one batch; the keys and values of a prompt are shared by all of its answers."""
    ids, mask = pad_left(prompts, model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    read = model.forward(ids, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1)
    owner = torch.tensor([i for i, texts in enumerate(answers) for _ in texts], device=model.device)
    flat = [answer for texts in answers for answer in texts]
    first = torch.log_softmax(read.logits[:, -1].float(), dim=-1)
    scores = first[owner, torch.tensor([answer[0] for answer in flat], device=model.device)]

    longest = max(len(answer) for answer in flat)
    if longest > 1:
        cache = read.past_key_values
        cache.batch_select_indices(owner)
        padded = [answer + [chat.IGNORED] * (longest - len(answer)) for answer in flat]
        table = torch.tensor(padded, device=model.device)
        wanted = table[:, 1:]
        fed = table[:, :-1].masked_fill(wanted == chat.IGNORED, 0)
        step = torch.arange(longest - 1, device=model.device)
        whole = torch.cat([mask[owner], torch.ones_like(fed)], dim=1)
        places = mask.sum(1)[owner, None] + step
        rest = model.forward(fed, attention_mask=whole, position_ids=places, past_key_values=cache, use_cache=True)
        scores = scores - torch.nn.functional.cross_entropy(
            rest.logits.float().transpose(1, 2), wanted, ignore_index=chat.IGNORED, reduction="none"
        ).sum(1)
    values = iter(scores.tolist())
    return [[next(values) for _ in texts] for texts in answers]


def answer_logits(model: "LoadedModel", prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> list[Tensor]:
    """As Sitter's, in one forward pass."""
    ids, mask = pad_left([p + a for p, a in zip(prompts, answers, strict=True)], model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    keep = max(map(len, answers)) + 1
    logits = model.forward(ids, attention_mask=mask, position_ids=positions, logits_to_keep=keep).logits
    return [logits[row, -len(answer) - 1 : -1] for row, answer in enumerate(answers)]
