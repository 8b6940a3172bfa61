"""How answers to the examples of a request are marked, and the examples as items of an exam. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from aird.evaluation.models import Scorer
from aird.evaluation.settings import ExactSettings, F1Settings, SuiteSettings

FEWEST = 3
"""Examples before versions are tried on them: one answer says nothing."""
SHORT = 40
"""Characters up to which an answer is a label or a value, which is right or wrong as a whole."""
LONGEST = 256
"""Tokens of an answer that are waited for."""


def scorer_of(examples: Sequence[Mapping[str, Any]]) -> Scorer:
    """Exact match where all wanted answers are short; else words in common with what was wanted."""
    return Scorer.EXACT if all(len(each["answer"].strip()) <= SHORT for each in examples) else Scorer.F1


def settings_of(examples: Sequence[Mapping[str, Any]]) -> SuiteSettings:
    """What the scorer is told: no answer needs more tokens than the longest wanted one has characters."""
    longest = max((len(each["answer"]) for each in examples), default=0)
    tokens = min(LONGEST, max(8, longest))
    if scorer_of(examples) is Scorer.EXACT:
        return ExactSettings(normalise=True, max_tokens=tokens)
    return F1Settings(max_tokens=tokens)


def items_of(examples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The examples as exam items; an item's id is its place."""
    return [
        {
            "id": str(place),
            "messages": [{"role": "user", "content": each["question"]}],
            "target": each["answer"].strip() or each["answer"],
        }
        for place, each in enumerate(examples)
    ]
