"""Scorers that let the model speak: greedy answers in batches, each then marked as text."""

from collections.abc import Sequence

from aird.evaluation.scorers.marking import Mark
from aird.evaluation.scorers.outcome import Done, Item, Outcome, nothing
from aird.evaluation.scorers.papers import Paper
from aird.runtimes.scoring import Sitter

FULL = 1 - 1e-9
MAX_ANSWER = 20_000
"""Characters of an answer that are kept."""


def say(
    model: Sitter,
    items: Sequence[Item],
    *,
    max_tokens: int,
    paper: Paper | None = None,
    batch_size: int = 32,
    done: Done = nothing,
) -> list[str]:
    """The greedy answer to each item, of the adapter in use. Raises VersionUnusable, PromptTooLong."""
    prompts = (paper or Paper()).prompts(model, items)
    room = model.context - max((len(each) for each in prompts), default=0)
    ready = [0]

    def count(made: int) -> None:
        ready[0] += made
        done(ready[0], len(items))

    limit = min(max_tokens, room)
    ids = model.greedy(prompts, max_new_tokens=limit, batch_size=batch_size, done=count)
    tokenizer = model.tokenizer
    texts = [tokenizer.decode(each, skip_special_tokens=True, clean_up_tokenization_spaces=False) for each in ids]
    return [text[:MAX_ANSWER] for text in texts]


def score(
    model: Sitter,
    items: Sequence[Item],
    mark: Mark,
    *,
    max_tokens: int,
    paper: Paper | None = None,
    batch_size: int = 32,
    done: Done = nothing,
) -> list[Outcome]:
    """Outcomes in the order of the items, for the adapter in use."""
    said = say(model, items, max_tokens=max_tokens, paper=paper, batch_size=batch_size, done=done)
    return [marked(item, answer, mark(item, answer)) for item, answer in zip(items, said, strict=True)]


def marked(item: Item, answer: str, points: float) -> Outcome:
    """The outcome of an answer with these points."""
    return Outcome(str(item["id"]), points >= FULL, None, answer, points)
