"""Which scorer of the exams compares a shadow's pairs, and what it says of two answers. Pure.

`regex` and `json` judge by the answers alone; `exact` and `f1` need to know what the answer should have been. A scorer
is asked what an exam would ask it, so that a shadow's figures mean what an exam's do.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from aird.core.schemas import Schema
from aird.deploy.delivery.models import Better

MOST_PATTERN = 1000


class PairScorer(StrEnum):
    """The exam scorers that can compare two answers."""

    EXACT = "exact"  # the answer that was wanted, normalised
    F1 = "f1"  # words in common with it
    REGEX = "regex"  # a pattern is in the answer
    JSON = "json"  # the answer is JSON of the form that was asked for


NEEDS_REFERENCE = frozenset({PairScorer.EXACT, PairScorer.F1})
FIELDS = {
    PairScorer.EXACT: {"extract", "last"},
    PairScorer.F1: {"apart"},
    PairScorer.REGEX: {"pattern", "ignore_case", "whole"},
    PairScorer.JSON: {"form"},
}


class Scoring(Schema):
    """The exam scorer that compares the pairs of a shadow, with its settings as exams have them.

    `exact`: with `extract` only what this pattern finds (its first group if it has one) is compared, its first or
    `last` find. `f1`: answers that lie no more than `apart` from each other are alike. `regex`: `pattern`,
    `ignore_case`, `whole`. `json`: `form`, a JSON Schema for every answer; without one, those answers are judged whose
    request gave a `response_format`.
    """

    scorer: PairScorer
    extract: Annotated[str, StringConstraints(min_length=1, max_length=MOST_PATTERN)] | None = None
    last: bool = False
    apart: float = Field(0.0, ge=0, lt=1)
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=MOST_PATTERN)] | None = None
    ignore_case: bool = False
    whole: bool = False
    form: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        given = {name for name, value in self if name != "scorer" and value not in (None, False, 0.0)}
        foreign = sorted(given - FIELDS[self.scorer])
        if foreign:
            known = ", ".join(sorted(FIELDS[self.scorer]))
            raise ValueError(f"{self.scorer} does not know {', '.join(foreign)}; it knows {known}")
        if self.scorer is PairScorer.REGEX and self.pattern is None:
            raise ValueError("regex needs a pattern")
        _check(self)
        return self

    def kept(self) -> dict[str, Any]:
        """What is kept of it with the trial."""
        return self.model_dump(mode="json", exclude_defaults=True)


def compare(
    scoring: Scoring,
    baseline: str,
    candidate: str,
    *,
    wanted: Sequence[str] = (),
    form: Mapping[str, Any] | None = None,
) -> Better | None:
    """Whose answer scores higher; None where this scorer has nothing to go by. `form` is what the request asked for."""
    from aird.evaluation.scorers import marking  # large, as below
    from aird.evaluation.scorers.outcome import ItemsUnusable

    if scoring.scorer in NEEDS_REFERENCE and not wanted:
        return None
    if scoring.scorer is PairScorer.JSON and scoring.form is None and form is None:
        return None
    item: dict[str, Any] = {"id": "pair", "targets": list(wanted)}
    match scoring.scorer:
        case PairScorer.EXACT:
            mark = marking.extracted(scoring.extract, last=scoring.last) if scoring.extract else marking.exact
        case PairScorer.F1:
            mark = marking.f1
        case PairScorer.REGEX:
            mark = marking.pattern(scoring.pattern, ignore_case=scoring.ignore_case, whole=scoring.whole)
        case PairScorer.JSON:
            mark = marking.json_form(form if scoring.form is None else scoring.form)
    try:
        before, after = mark(item, baseline), mark(item, candidate)
    except ItemsUnusable:  # a client's own form can be one that cannot be checked
        return None
    if abs(after - before) <= scoring.apart:
        return Better.SAME
    return Better.CANDIDATE if after > before else Better.BASELINE


def form_of(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The JSON Schema that a request's `response_format` asks for; None where it asks for text."""
    asked = body.get("response_format")
    if not isinstance(asked, dict) or asked.get("type") not in ("json_object", "json_schema"):
        return None
    described = asked.get("json_schema")
    schema = described.get("schema") if isinstance(described, dict) else None
    return schema if isinstance(schema, dict) else {"type": "object"}


def _check(scoring: Scoring) -> None:
    """Refuse what could not be searched with or checked. Raises ValueError."""
    if scoring.extract is None and scoring.pattern is None and scoring.form is None:
        return
    # Regular expressions and JSON Schema are large; a gateway, which reads no orders, does without them.
    from aird.evaluation.scorers import forms, patterns

    for pattern in (scoring.extract, scoring.pattern):
        if pattern is not None:
            patterns.compiled(pattern, scoring.ignore_case)
    if scoring.form is not None:
        forms.check(scoring.form)
