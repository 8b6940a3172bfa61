"""How probable the target is: the geometric mean of its tokens' probabilities, which is one over its perplexity.

One forward pass per item, as for exact match; the end of the turn counts as a token.
"""

from collections.abc import Iterable, Sequence
from math import exp, log

import torch

from aird.evaluation.scorers.items import target_of
from aird.evaluation.scorers.outcome import Done, Item, Outcome, nothing
from aird.evaluation.scorers.papers import Paper, require_room
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.greedy import pad_left
from aird.runtimes.hf import LoadedModel

SMALLEST = 1e-300


def score(
    model: LoadedModel,
    items: Sequence[Item],
    *,
    paper: Paper | None = None,
    batch_size: int = 32,
    done: Done = nothing,
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use; none counts as right unless it is certain.

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
            outcomes[i] = _outcome(items[i], answers[i], logits[row, -len(answers[i]) - 1 : -1])
        done(len(outcomes), len(items))
    return [outcomes[i] for i in range(len(items))]


def perplexity(outcomes: Iterable[Outcome]) -> tuple[float, int]:
    """The perplexity over all tokens of these items, and their number."""
    pairs = [(-log(max(each.score, SMALLEST)), each.tokens or 0) for each in outcomes]
    tokens = sum(length for _, length in pairs)
    if not tokens:
        return 1.0, 0
    return exp(min(700.0, sum(loss * length for loss, length in pairs) / tokens)), tokens


def _outcome(item: Item, answer: list[int], logits: torch.Tensor) -> Outcome:
    wanted = torch.tensor(answer, device=logits.device)
    loss = float(torch.nn.functional.cross_entropy(logits.float(), wanted))
    if loss != loss or loss == float("inf"):
        raise VersionUnusable(
            "The model scores answers with NaN or infinity, so this version is unusable. Retire it and train it again."
        )
    probability = exp(-loss)
    return Outcome(str(item["id"]), probability >= 1.0, None, None, probability, None, len(answer))
