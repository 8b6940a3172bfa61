"""Whether a model can be relied on, beside how often it is right. Pure.

Calibration: does it know when it is wrong? Consistency: does it say the same when the same is asked otherwise?
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from aird.evaluation.scorers.outcome import Item, Outcome

BINS = 10
CLOSE = 0.1
"""Real-valued scores that differ by no more are the same."""

TEMPLATES: tuple[tuple[str, str], ...] = (
    ("labelled", "Question: {}\nAnswer:"),
    ("spaced", "\n\n{}\n\n"),
    ("bulleted", "* {}"),
)
"""Layouts that change no word of what is asked."""

_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip


def calibration(outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """The expected calibration error over ten bins of confidence; None where no confidence is known.

    Guo et al. (2017), https://arxiv.org/abs/1706.04599. `gap` is mean confidence less mean score: above 0 the model is
    too sure of itself.
    """
    known = [(each.confidence, each.score) for each in outcomes if each.confidence is not None]
    if not known:
        return None
    bins: list[list[tuple[float, float]]] = [[] for _ in range(BINS)]
    for confidence, score in known:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, score))
    shown, error = [], 0.0
    for number, content in enumerate(bins):
        if content:
            confidence, score = _mean([c for c, _ in content]), _mean([s for _, s in content])
            error += len(content) / len(known) * abs(confidence - score)
            shown.append({"from": number / BINS, "items": len(content), "confidence": confidence, "score": score})
    gap = _mean([c for c, _ in known]) - _mean([s for _, s in known])
    return {"ece": error, "gap": gap, "items": len(known), "bins": shown}


def paraphrases(items: Sequence[Item]) -> dict[str, list[Item]]:
    """The wordings that the items bring, the first of all, the second of all, and so on."""
    most = max((len(item.get("paraphrases") or ()) for item in items), default=0)
    found: dict[str, list[Item]] = {}
    for number in range(most):
        some = [item for item in items if len(item.get("paraphrases") or ()) > number]
        found[f"paraphrase {number + 1}"] = [_asked(item, item["paraphrases"][number]) for item in some]
    return found


def templates(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Every item in every layout."""
    return {
        f"template {name}": [_asked(item, layout.format(_question(item))) for item in items]
        for name, layout in TEMPLATES
    }


def typos(items: Sequence[Item], seed: int = 0) -> dict[str, list[Item]]:
    """Every item with slips of the finger; the same seed makes the same slips."""
    return {"typos": [_asked(item, with_typos(_question(item), f"{seed}:{item['id']}")) for item in items]}


def with_typos(text: str, seed: str) -> str:
    """About one slip in eight words, one at least: a letter doubled, lost, replaced by its neighbour, or two swapped.

    Digits, and the first letter of a word, stay: the meaning must.
    """
    chance = random.Random(seed)  # noqa: S311
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i - 1].isalpha()]
    if not places:
        return text
    slips = max(1, len(text.split()) // 8, len(text) // 60)
    letters = list(text)
    for place in sorted(chance.sample(places, min(slips, len(places))), reverse=True):
        letter = text[place]
        near = _NEIGHBOURS.get(letter.lower())
        kind = chance.choice(("double", "lose", "swap", "near") if near else ("double", "lose", "swap"))
        if kind == "double":
            letters[place : place + 1] = [letter, letter]
        elif kind == "lose":
            letters[place : place + 1] = []
        elif kind == "near" and near:
            letters[place] = chance.choice(near)
        elif place + 1 < len(letters):
            letters[place : place + 2] = [letters[place + 1], letters[place]]
    return "".join(letters)


def consistency(plain: Sequence[Outcome], variants: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """How the answers to items that were asked otherwise compare with those to the items as they are.

    `same` counts items whose answer was the same every time, `score` is the mean over all variants, `plain` that of
    the same items as they are; `variants` has each mean.
    """
    known = {each.id: each for each in plain}
    same: dict[str, bool] = {}
    for outcomes in variants.values():
        for each in outcomes:
            same[each.id] = same.get(each.id, True) and _same(known[each.id], each)
    scores = [each.score for outcomes in variants.values() for each in outcomes]
    means = {name: _mean([each.score for each in outcomes]) for name, outcomes in variants.items()}
    return {
        "items": len(same),
        "same": sum(same.values()),
        "score": _mean(scores),
        "plain": _mean([known[each].score for each in same]),
        "worst": min(means.values(), default=0.0),
        "variants": means,
    }


def _same(one: Outcome, other: Outcome) -> bool:
    if one.chosen is not None:
        return one.chosen == other.chosen
    return one.correct == other.correct and abs(one.score - other.score) <= CLOSE


def _question(item: Item) -> str:
    return str(item["messages"][-1]["content"])


def _asked(item: Item, question: str) -> Item:
    turn = {**item["messages"][-1], "content": question}
    return {**item, "messages": [*item["messages"][:-1], turn]}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
