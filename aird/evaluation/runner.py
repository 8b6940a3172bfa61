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
    PerplexitySettings,
    RefusalSettings,
    RegexSettings,
    SuiteSettings,
)
from aird.runtimes.scoring import Sitter

BATCH = 16
"""Items in one forward pass."""

PLAIN = ""
"""The name of the items as they are, among the ways of asking them."""


class _Score(Protocol):
    def __call__(
        self, model: Sitter, items: Sequence[Item], *, paper: Paper | None, batch_size: int, done: Done
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


def sit(model: Sitter, exam: Exam, *, batch_size: int = BATCH, done: Done = nothing) -> Sheet:
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
    model: Sitter, exam: Exam, max_tokens: int, *, batch_size: int = BATCH, done: Done = nothing
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


def mark_of(exam: Exam) -> tuple[Mark, int] | None:
    """How a generated answer is marked, and its greatest length in tokens; None where nothing is generated."""
    match exam.settings:
        case ExactSettings(normalise=True) as chosen:
            mark = marking.extracted(chosen.extract, last=chosen.last) if chosen.extract else marking.exact
            return mark, chosen.max_tokens
        case F1Settings(max_tokens=most):
            return marking.f1, most
        case RegexSettings() as chosen:
            mark = marking.pattern(chosen.pattern, ignore_case=chosen.ignore_case, whole=chosen.whole)
            return mark, chosen.max_tokens
        case JsonSettings(form=form, max_tokens=most):
            return marking.json_form(form), most
        case RefusalSettings(phrases=phrases, max_tokens=most):
            return marking.refusal(phrases or marking.REFUSALS), most
    return None


def _score(exam: Exam) -> _Score:
    generating = mark_of(exam)
    if generating is not None:
        return partial(generated.score, mark=generating[0], max_tokens=generating[1])
    match exam.settings:
        case ChoiceSettings(per_token=per_token):
            return partial(choice.score, per_token=per_token)
        case ExactSettings():
            return exact.score
        case PerplexitySettings():
            return perplexity.score
    raise ValueError(f"{exam.scorer} is not marked without a judge")


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
