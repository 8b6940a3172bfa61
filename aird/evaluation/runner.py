"""Hold exams: every suite's items asked of the version in use, as they are and otherwise. Loaded by workers only.

One base is in memory once, for all of its adapters; the items' tokens are worked out once for all of them. An adapter
is put in force for a whole suite: see docs/decisions/0028 for what was measured against mixing adapters in one batch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from aird.evaluation.models import Scorer
from aird.evaluation.scorers import choice, exact, generated, marking, perplexity, reliability
from aird.evaluation.scorers.marking import Mark
from aird.evaluation.scorers.outcome import Done, Item, Outcome, nothing
from aird.evaluation.scorers.papers import Paper
from aird.evaluation.settings import (
    Check,
    ChoiceSettings,
    ExactSettings,
    F1Settings,
    JsonSettings,
    RefusalSettings,
    RegexSettings,
    SuiteSettings,
)
from aird.runtimes.hf import LoadedModel

BATCH = 16
"""Items in one forward pass."""

PLAIN = ""
"""The name of the items as they are, among the ways of asking them."""


class _Score(Protocol):
    def __call__(
        self, model: LoadedModel, items: Sequence[Item], *, paper: Paper | None, batch_size: int, done: Done
    ) -> list[Outcome]: ...


@dataclass
class Exam:
    """One suite: its items in every way they are asked, and what remembers their tokens."""

    scorer: Scorer
    settings: SuiteSettings
    ways: Mapping[str, Sequence[Item]]
    papers: dict[str, Paper] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """How many are asked of every version."""
        return sum(len(items) for items in self.ways.values())

    def paper(self, way: str) -> Paper:
        """What remembers the tokens of the items asked this way."""
        return self.papers.setdefault(way, Paper())


@dataclass(frozen=True)
class Sheet:
    """What a version did in one exam: its outcomes, those of items that were asked otherwise, and what was found."""

    outcomes: list[Outcome]
    variants: dict[str, list[Outcome]]
    details: dict[str, Any]

    @property
    def points(self) -> float:
        """The sum of the items' scores."""
        return sum(each.score for each in self.outcomes)

    @property
    def correct(self) -> int:
        """How many items have the full score."""
        return sum(each.correct for each in self.outcomes)


def prepare(
    scorer: Scorer, settings: SuiteSettings, items: Sequence[Item], checks: Sequence[Check] | None = None
) -> Exam:
    """The exam with everything that is asked; `checks` replaces what the settings say."""
    ways: dict[str, Sequence[Item]] = {PLAIN: items}
    for check in dict.fromkeys(settings.checks if checks is None else checks):
        ways |= _variants(check, items, settings.seed)
    return Exam(scorer, settings, ways)


def sit(model: LoadedModel, exam: Exam, *, batch_size: int = BATCH, done: Done = nothing) -> Sheet:
    """The version in use sits the exam; not one that a judge marks.

    Raises ItemsUnusable, PromptTooLong, VersionUnusable.
    """
    score, found, before = _score(exam), {}, 0
    for way, items in exam.ways.items():
        seen = partial(_shifted, done, before, exam.questions)
        found[way] = score(model, items, paper=exam.paper(way), batch_size=batch_size, done=seen)
        before += len(items)
    return sheet(exam, found)


def speak(
    model: LoadedModel, exam: Exam, max_tokens: int, *, batch_size: int = BATCH, done: Done = nothing
) -> dict[str, list[str]]:
    """What the version in use answers, by way of asking; for a judge to mark. Raises PromptTooLong, VersionUnusable."""
    found, before = {}, 0
    for way, items in exam.ways.items():
        seen = partial(_shifted, done, before, exam.questions)
        found[way] = generated.say(
            model, items, max_tokens=max_tokens, paper=exam.paper(way), batch_size=batch_size, done=seen
        )
        before += len(items)
    return found


def sheet(exam: Exam, found: Mapping[str, list[Outcome]], **details: Any) -> Sheet:
    """The outcomes with what they say together of the model's reliability."""
    plain = found[PLAIN]
    variants = {way: outcomes for way, outcomes in found.items() if way != PLAIN}
    calibrated = reliability.calibration(plain)
    if calibrated is not None:
        details["calibration"] = calibrated
    for check in Check:
        some = {way: outcomes for way, outcomes in variants.items() if _of(check, way)}
        if some:
            details[check.value] = reliability.consistency(plain, some)
    if exam.scorer is Scorer.PERPLEXITY:
        value, tokens = perplexity.perplexity(plain)
        details["perplexity"] = {"perplexity": value, "tokens": tokens}
    if exam.scorer is Scorer.REFUSAL:
        details["refusals"] = _refusals(exam, plain)
    return Sheet(plain, variants, details)


def _score(exam: Exam) -> _Score:
    settings = exam.settings
    match exam.scorer, settings:
        case Scorer.CHOICE, ChoiceSettings():
            return partial(choice.score, per_token=settings.per_token)
        case Scorer.EXACT, ExactSettings():
            return _exact(settings)
        case Scorer.PERPLEXITY, _:
            return perplexity.score
        case Scorer.F1, F1Settings():
            return _generated(marking.f1, settings.max_tokens)
        case Scorer.REGEX, RegexSettings():
            mark = marking.pattern(settings.pattern, ignore_case=settings.ignore_case, whole=settings.whole)
            return _generated(mark, settings.max_tokens)
        case Scorer.JSON, JsonSettings():
            return _generated(marking.json_form(settings.form), settings.max_tokens)
        case Scorer.REFUSAL, RefusalSettings():
            return _generated(marking.refusal(settings.phrases or marking.REFUSALS), settings.max_tokens)
    raise ValueError(f"{exam.scorer} is not marked without a judge")


def _exact(settings: ExactSettings) -> _Score:
    if not settings.normalise:
        return exact.score
    if settings.extract is None:
        return _generated(marking.exact, settings.max_tokens)
    return _generated(marking.extracted(settings.extract, last=settings.last), settings.max_tokens)


def _generated(mark: Mark, max_tokens: int) -> _Score:
    return partial(generated.score, mark=mark, max_tokens=max_tokens)


def _variants(check: Check, items: Sequence[Item], seed: int) -> dict[str, list[Item]]:
    make: dict[Check, Callable[[], dict[str, list[Item]]]] = {
        Check.PARAPHRASES: lambda: reliability.paraphrases(items),
        Check.TEMPLATES: lambda: reliability.templates(items),
        Check.TYPOS: lambda: reliability.typos(items, seed),
    }
    return make[check]()


def _of(check: Check, way: str) -> bool:
    return way.startswith({"paraphrases": "paraphrase ", "templates": "template ", "typos": "typos"}[check])


def _refusals(exam: Exam, outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many items should be declined and were, and how many should not and were all the same."""
    wanted = [bool(item.get("refuse", True)) for item in exam.ways[PLAIN]]
    pairs = list(zip(wanted, outcomes, strict=True))
    return {
        "harmful": sum(wanted),
        "declined": sum(each.correct for should, each in pairs if should),
        "harmless": len(wanted) - sum(wanted),
        "declined_without_need": sum(not each.correct for should, each in pairs if not should),
    }


def _shifted(done: Done, before: int, total: int, count: int, _total: int) -> None:
    done(before + count, total)
