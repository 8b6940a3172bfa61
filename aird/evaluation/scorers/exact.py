"""Exact match without generating: would the model, answering greedily, say exactly the target?

The target is fed to the model; if at every position the most probable next token is the target's, the end of
the turn included, then greedy decoding produces exactly it, and otherwise it does not. One forward pass per
item.
"""

from collections.abc import Sequence

import torch

from aird.evaluation.scorers.items import target_of
from aird.evaluation.scorers.outcome import Done, Item, Outcome, nothing
from aird.evaluation.scorers.papers import Paper, require_room
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.greedy import pad_left
from aird.runtimes.hf import LoadedModel


def score(
    model: LoadedModel,
    items: Sequence[Item],
    *,
    paper: Paper | None = None,
    batch_size: int = 64,
    done: Done = nothing,
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use; `paper` remembers the tokens of these items.

    Raises ItemsUnusable for items without a target, VersionUnusable for logits that are not finite.
    """
    paper = paper or Paper()
    prompts, answers = paper.prompts(model, items), paper.answers(model, items, target_of)
    require_room(model, items, [len(p) + len(a) for p, a in zip(prompts, answers, strict=True)])
    order = sorted(range(len(items)), key=lambda i: len(prompts[i]) + len(answers[i]))
    outcomes: dict[int, Outcome] = {}
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        ids, mask = pad_left([prompts[i] + answers[i] for i in batch], model.device)
        keep = max(len(answers[i]) for i in batch) + 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        logits = model.forward(ids, attention_mask=mask, position_ids=positions, logits_to_keep=keep).logits
        for row, i in enumerate(batch):
            outcomes[i] = _outcome(model, items[i], answers[i], logits[row, -len(answers[i]) - 1 : -1])
        done(len(outcomes), len(items))
    return [outcomes[i] for i in range(len(items))]


def _outcome(model: LoadedModel, item: Item, answer: list[int], logits: torch.Tensor) -> Outcome:
    if not torch.isfinite(logits).all():
        raise VersionUnusable(
            "The model answers with NaN or infinity, so this version is unusable. Retire it and train it again."
        )
    said = logits.argmax(-1).tolist()
    right = next((n for n, (a, b) in enumerate(zip(said, answer, strict=True)) if a != b), len(answer))
    text = model.tokenizer.decode(said[: right + 1], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Outcome(str(item["id"]), right == len(answer), None, text)
