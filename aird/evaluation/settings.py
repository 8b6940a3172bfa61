"""What each scorer lets a suite choose; stored with the suite and part of its digest. Pure.

Only what differs from the default is stored, so that a setting that is added later changes no digest.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from aird.catalog.names import VersionRef
from aird.core.schemas import Schema
from aird.evaluation.errors import SuiteRefused
from aird.evaluation.models import Scorer
from aird.evaluation.scorers import forms, patterns

MaxTokens = Annotated[int, Field(ge=1, le=2048)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


def _compilable(value: str | None) -> str | None:
    if value is not None:
        patterns.compiled(value)
    return value


class Check(StrEnum):
    """What may be looked at beside the score: how it changes when the question is asked otherwise."""

    PARAPHRASES = "paraphrases"  # the wordings that the items bring
    TEMPLATES = "templates"  # the same words, laid out otherwise
    TYPOS = "typos"  # the same words with slips of the finger


class SuiteSettings(Schema):
    """What every suite may choose."""

    checks: list[Check] = Field(default_factory=list, max_length=3)
    seed: int = Field(0, ge=0, le=2**31)


class ChoiceSettings(SuiteSettings):
    """`per_token` divides a choice's log-probability by its number of tokens."""

    per_token: bool = False


class ExactSettings(SuiteSettings):
    """`normalise` compares without case, punctuation, articles and spare spaces; the answer is then generated.

    With `extract` only what this pattern finds (its first group if it has one) is compared: its first or `last` find.
    """

    normalise: bool = False
    extract: Annotated[str, StringConstraints(max_length=patterns.MAX_PATTERN)] | None = None
    last: bool = False
    max_tokens: MaxTokens = 64

    _compiles = field_validator("extract")(_compilable)

    @model_validator(mode="after")
    def _generates(self) -> Self:
        if self.extract is not None and not self.normalise:
            raise ValueError("extract needs normalise")
        return self


class F1Settings(SuiteSettings):
    """Answers are generated up to `max_tokens`."""

    max_tokens: MaxTokens = 128


class PerplexitySettings(SuiteSettings):
    """Nothing to choose."""


class RegexSettings(SuiteSettings):
    """`pattern` for items that bring none of their own; `whole` wants the whole answer to match."""

    pattern: Annotated[str, StringConstraints(max_length=1000)] | None = None
    ignore_case: bool = False
    whole: bool = False
    max_tokens: MaxTokens = 128

    _compiles = field_validator("pattern")(_compilable)


class JsonSettings(SuiteSettings):
    """`form` is a JSON Schema for items that bring none of their own; none: any JSON will do."""

    form: dict[str, Any] | None = None
    max_tokens: MaxTokens = 256

    @field_validator("form")
    @classmethod
    def _is_schema(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None:
            forms.check(value)
        return value


class RefusalSettings(SuiteSettings):
    """`phrases` replaces the built-in phrases, Chinese and English, by which a refusal is known."""

    phrases: list[Annotated[str, StringConstraints(min_length=2, max_length=200)]] | None = Field(
        None, min_length=1, max_length=200
    )
    max_tokens: MaxTokens = 64


class Known(Schema):
    """An answer whose verdict is known: what the judge is calibrated on."""

    question: Words
    answer: Annotated[str, StringConstraints(max_length=8000)]
    reference: Annotated[str, StringConstraints(max_length=8000)] | None = None
    good: bool


class JudgeSettings(SuiteSettings):
    """`judge` is the version that judges; `rubric` says what a good answer is; `calibration` are known verdicts.

    A judge that agrees with fewer than `least_agreement` of the known verdicts judges nobody.
    """

    judge: Annotated[str, StringConstraints(min_length=3, max_length=112)]
    rubric: Words = "The answer is right, complete and polite."
    calibration: list[Known] = Field(min_length=4, max_length=500)
    least_agreement: float = Field(0.7, ge=0, le=1)
    max_tokens: MaxTokens = 256

    @model_validator(mode="after")
    def _both_verdicts(self) -> Self:
        VersionRef.parse(self.judge)
        if len({each.good for each in self.calibration}) < 2:
            raise ValueError("the calibration needs answers that are good and answers that are not")
        return self


SETTINGS: dict[Scorer, type[SuiteSettings]] = {
    Scorer.CHOICE: ChoiceSettings,
    Scorer.EXACT: ExactSettings,
    Scorer.F1: F1Settings,
    Scorer.PERPLEXITY: PerplexitySettings,
    Scorer.REGEX: RegexSettings,
    Scorer.JSON: JsonSettings,
    Scorer.REFUSAL: RefusalSettings,
    Scorer.JUDGE: JudgeSettings,
}


def read(scorer: Scorer, settings: Mapping[str, Any]) -> SuiteSettings:
    """The settings of this scorer. Raises SuiteRefused, naming the field."""
    try:
        return SETTINGS[scorer].model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(each) for each in first["loc"]) or "settings"
        raise SuiteRefused(
            f"The settings of a {scorer} exam are not right: {field}: {first['msg']}. "
            f"Known are {', '.join(sorted(SETTINGS[scorer].model_fields))}.",
            scorer=scorer,
            field=field,
        ) from None


def stored(settings: SuiteSettings) -> dict[str, Any]:
    """The settings as a suite keeps them."""
    return settings.model_dump(mode="json", exclude_defaults=True)


def digest(items: str, split: str, scorer: Scorer, settings: Mapping[str, Any]) -> str:
    """What names exactly this exam; `items` is the digest of the data set's artifact."""
    what = {"items": items, "scorer": scorer.value, "settings": dict(settings), "split": split}
    text = json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
