"""What a model thinks of given targets: each is fed to it behind its question, one forward pass per item."""

from collections.abc import Callable, Sequence

import torch

from aird.evaluation.scorers.items import target_of
from aird.evaluation.scorers.outcome import Done, Item, Outcome
from aird.evaluation.scorers.papers import Paper, require_room
from aird.runtimes.scoring import Sitter

Judge = Callable[[Item, list[int], torch.Tensor], Outcome]
"""(item, its target's tokens with the end of the turn, the logits they were predicted from) -> outcome."""


def outcomes(
    model: Sitter, items: Sequence[Item], judge: Judge, *, paper: Paper | None, batch_size: int, done: Done
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use; items of like length share a batch.

    Raises ItemsUnusable for items without a target, and what `judge` raises.
    """
    paper = paper or Paper()
    prompts, answers = paper.prompts(model, items), paper.answers(model, items, target_of)
    require_room(model, items, [len(p) + len(a) for p, a in zip(prompts, answers, strict=True)])
    order = sorted(range(len(items)), key=lambda i: len(prompts[i]) + len(answers[i]))
    found: dict[int, Outcome] = {}
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        logits = model.answer_logits([prompts[i] for i in batch], [answers[i] for i in batch])
        for i, predicted in zip(batch, logits, strict=True):
            found[i] = judge(items[i], answers[i], predicted)
        done(len(found), len(items))
    return [found[i] for i in range(len(items))]
