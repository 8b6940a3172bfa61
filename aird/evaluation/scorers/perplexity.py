"""How probable the target is: the geometric mean of its tokens' probabilities, which is one over its perplexity.

One forward pass per item, as for exact match; the end of the turn counts as a token.
"""

from collections.abc import Iterable, Sequence
from math import exp, log

import torch

from aird.evaluation.scorers import forced
from aird.evaluation.scorers.outcome import Done, Item, Outcome, nothing
from aird.evaluation.scorers.papers import Paper
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.scoring import Sitter

SMALLEST = 1e-300


def score(
    model: Sitter,
    items: Sequence[Item],
    *,
    paper: Paper | None = None,
    batch_size: int = 32,
    done: Done = nothing,
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use; none counts as right unless it is certain.

    Raises ItemsUnusable for items without a target, VersionUnusable for logits that are not finite.
    """
    return forced.outcomes(model, items, _outcome, paper=paper, batch_size=batch_size, done=done)


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
