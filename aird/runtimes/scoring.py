"""What exams ask of a model, whatever computes it; and how the transformers runtime answers it, in batches."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

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
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]], *, batch_size: int
    ) -> Iterator[dict[int, list[float]]]:
        """For each prompt, by its place, the log-probability (nats) of each of its answers, batch by batch.

        Not finite where the logits are not.
        """
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


def answer_logits(model: "LoadedModel", prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> list[Tensor]:
    """As Sitter's, in one forward pass."""
    ids, mask = pad_left([p + a for p, a in zip(prompts, answers, strict=True)], model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    keep = max(map(len, answers)) + 1
    logits = model.forward(ids, attention_mask=mask, position_ids=positions, logits_to_keep=keep).logits
    return [logits[row, -len(answer) - 1 : -1] for row, answer in enumerate(answers)]
