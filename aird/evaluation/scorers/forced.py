"""What a model thinks of given targets: each is fed to it behind its question, one forward pass per item."""

from collections.abc import Callable, Sequence

import torch

from aird.evaluation.scorers.items import target_of
from aird.evaluation.scorers.outcome import Done, Item, Outcome
from aird.evaluation.scorers.papers import Paper, require_room
from aird.runtimes.greedy import pad_left
from aird.runtimes.hf import LoadedModel

Judge = Callable[[Item, list[int], torch.Tensor], Outcome]
"""(item, its target's tokens with the end of the turn, the logits they were predicted from) -> outcome."""


def outcomes(
    model: LoadedModel, items: Sequence[Item], judge: Judge, *, paper: Paper | None, batch_size: int, done: Done
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
        ids, mask = pad_left([prompts[i] + answers[i] for i in batch], model.device)
        keep = max(len(answers[i]) for i in batch) + 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        logits = model.forward(ids, attention_mask=mask, position_ids=positions, logits_to_keep=keep).logits
        for row, i in enumerate(batch):
            found[i] = judge(items[i], answers[i], logits[row, -len(answers[i]) - 1 : -1])
        done(len(found), len(items))
    return [found[i] for i in range(len(items))]
