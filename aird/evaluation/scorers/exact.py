"""Exact match without generating: would the model, answering greedily, say exactly the target?

The target is fed to the model; if at every position the most probable next token is the target's, the end of
the turn included, then greedy decoding produces exactly it, and otherwise it does not. One forward pass per
item.
"""

from collections.abc import Sequence

import torch

from aird.evaluation.scorers import forced
from aird.evaluation.scorers.outcome import Done, Item, Outcome, nothing
from aird.evaluation.scorers.papers import Paper
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.scoring import Sitter


def score(
    model: Sitter,
    items: Sequence[Item],
    *,
    paper: Paper | None = None,
    batch_size: int = 64,
    done: Done = nothing,
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use; `paper` remembers the tokens of these items.

    Raises ItemsUnusable for items without a target, VersionUnusable for logits that are not finite.
    """

    def judge(item: Item, answer: list[int], logits: torch.Tensor) -> Outcome:
        return _outcome(model, item, answer, logits)

    return forced.outcomes(model, items, judge, paper=paper, batch_size=batch_size, done=done)


def _outcome(model: Sitter, item: Item, answer: list[int], logits: torch.Tensor) -> Outcome:
    if not torch.isfinite(logits).all():
        raise VersionUnusable(
            "The model answers with NaN or infinity, so this version is unusable. Retire it and train it again."
        )
    said = logits.argmax(-1).tolist()
    right = next((n for n, (a, b) in enumerate(zip(said, answer, strict=True)) if a != b), len(answer))
    text = model.tokenizer.decode(said[: right + 1], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Outcome(str(item["id"]), right == len(answer), None, text)
