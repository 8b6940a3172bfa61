"""Multiple choice by likelihood: the choice whose tokens are the most probable answer of the assistant.

The score of a choice is the summed log-probability of its tokens, the end of the turn included, after the
templated prompt, which is read once for all of its choices.
"""

from collections.abc import Sequence
from math import exp, isfinite

from aird.evaluation.scorers.outcome import Done, Item, ItemsUnusable, Outcome, nothing
from aird.evaluation.scorers.papers import Paper, require_room
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.scoring import Sitter


def score(
    model: Sitter,
    items: Sequence[Item],
    *,
    per_token: bool = False,
    paper: Paper | None = None,
    batch_size: int = 64,
    done: Done = nothing,
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use; `batch_size` counts questions.

    `per_token` divides each log-probability by the choice's number of tokens. `paper` remembers the tokens of these
    items. Raises ItemsUnusable for items without choices, VersionUnusable for logits that are not finite.
    """
    scored = log_probabilities(model, items, paper=paper, batch_size=batch_size, done=done)
    lengths = [[len(each) for each in texts] for texts in (paper or Paper()).choices(model, items)] if per_token else []
    outcomes = []
    for number, (item, scores) in enumerate(zip(items, scored, strict=True)):
        if per_token:
            scores = [each / length for each, length in zip(scores, lengths[number], strict=True)]
        chosen = max(range(len(scores)), key=scores.__getitem__)
        right = chosen == item["answer"]
        confidence = 1 / sum(exp(each - scores[chosen]) for each in scores)
        outcomes.append(Outcome(str(item["id"]), right, chosen, item["choices"][chosen], float(right), confidence))
    return outcomes


def log_probabilities(
    model: Sitter,
    items: Sequence[Item],
    *,
    paper: Paper | None = None,
    batch_size: int = 64,
    done: Done = nothing,
) -> list[list[float]]:
    """The log-probability (nats) of each choice of each item. Raises as `score` does."""
    for item in items:
        if not item.get("choices") or not 0 <= item.get("answer", -1) < len(item["choices"]):
            raise ItemsUnusable(f"Item {item.get('id')!r} needs choices, and an answer that is the index of one.")
    paper = paper or Paper()
    prompts, answers = paper.prompts(model, items), paper.choices(model, items)
    require_room(model, items, [len(p) + max(map(len, a)) for p, a in zip(prompts, answers, strict=True)])
    found: dict[int, list[float]] = {}
    for scored in model.choice_log_probabilities(prompts, answers, batch_size=batch_size):
        if not all(isfinite(each) for scores in scored.values() for each in scores):
            raise VersionUnusable(
                "The model scores answers with NaN or infinity, so this version is unusable. "
                "Retire it and train it again."
            )
        found |= scored
        done(len(found), len(items))
    return [found[i] for i in range(len(items))]
