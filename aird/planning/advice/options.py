"""The options of an offer: reuse, merge, distil, train. Pure.

Each says which versions it is made from, what it is expected to score, what it takes once and a month, and what stands
in its way. `advising` compares them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from typing import Any

from aird.planning.advice import expecting, running
from aird.planning.advice.expecting import Expected
from aird.planning.advice.facts import Base, Data, Facts, Span, Tried, Way, Work
from aird.planning.advice.running import Load, Running

MOST_PARENTS = 3
LOOKED_AT = 12
"""Versions that are combined, the best first: all groups of three of them are 220."""
ENOUGH_DATA = 200
"""Items to learn from, before a training is worth its price; fewer are said to be few."""
TOKENS = Load(200.0, 120.0, 0.5, served=False, chips=0)
"""One answer, where no version was tried that would tell."""


class Tier(StrEnum):
    """How much model it is."""

    ASSISTANT = "assistant"  # one that is there, as it is
    SPECIALIST = "specialist"  # an adapter made for this need
    EXPERT = "expert"  # made for this need on the largest model there is


class Reach(StrEnum):
    """Whether the skill floor is reached."""

    SURELY = "surely"  # the whole range is above
    PROBABLY = "probably"  # the middle of the range is
    PERHAPS = "perhaps"  # its upper end is
    NO = "no"
    UNKNOWN = "unknown"  # nobody has measured such a thing


@dataclass(frozen=True)
class Said:
    """A sentence with a code to translate it by."""

    code: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """One way to answer the need. `versions` are reused, merged, or teach; `stops` stand in its way."""

    key: str
    way: Way
    tier: Tier
    versions: Sequence[str]
    base: str
    parameters: int
    expected: Expected
    reach: Reach
    skills: dict[str, Span]
    work: Work
    running: Running | None
    payback_months: float | None
    lead_hours: Span | None
    data: Data | None = None
    notes: Sequence[Said] = ()
    stops: Sequence[Said] = ()
    over: Sequence[str] = ()
    """Which of its limits it breaks: `budget_once`, `budget_month`, `deadline`."""
    why: Sequence[Said] = ()
    """Why it is recommended, or what it costs beside what is."""
    cheaper: bool = False
    """Whether it too reaches the floor and costs less than the recommended one in its first year."""


def reach(expected: Expected, floor: float) -> Reach:
    """How the expected range lies to the floor."""
    span = expected.span
    if span.mid is None:
        return Reach.UNKNOWN
    if span.low >= floor:
        return Reach.SURELY
    if span.mid >= floor:
        return Reach.PROBABLY
    return Reach.PERHAPS if span.high >= floor else Reach.NO


def all_of(facts: Facts) -> list[Option]:
    """Every option that can be worked out."""
    found = [*_reuse(facts), *_merge(facts), *_distil(facts), *_train(facts)]
    return [replace(each, over=_over(facts, each)) for each in found]


def _reuse(facts: Facts) -> list[Option]:
    """The smallest version that reaches the floor, the one that costs least a month, and the best, each once."""
    if not facts.tried:
        return []
    best = max(facts.tried, key=lambda each: (each.score, -each.parameters))
    enough = [each for each in facts.tried if each.score >= facts.need.floor] or [best]
    small = min(enough, key=lambda each: (each.parameters, -each.score, each.ref))
    cheap = min(enough, key=lambda each: (_monthly(facts, each), each.parameters, -each.score, each.ref))
    found = {small.ref: ("reuse", small)}
    if _monthly(facts, cheap) < _monthly(facts, small):
        found.setdefault(cheap.ref, ("reuse-cheaper", cheap))
    if best.score > small.score:
        found.setdefault(best.ref, ("reuse-best", best))
    return [_as_is(facts, key, each) for key, each in found.values()]


def _monthly(facts: Facts, tried: Tried) -> int:
    found = running.month(facts.need, _load(facts, [tried], None), facts.prices)
    return found.micro if found else 0


def _as_is(facts: Facts, key: str, tried: Tried) -> Option:
    stops = []
    if not tried.askable:
        stops.append(_not_measured(tried.ref))
    notes = [] if tried.usable else [_owners(tried)]
    return _option(
        facts, key, Way.REUSE, Tier.ASSISTANT, [tried], tried.base, tried.parameters,
        expecting.measured(tried.scores), Work(Span(0, 0, 0), 0, 0.0), notes=notes, stops=stops,
        skills={suite: Span(score, score, score) for suite, score in tried.skills.items()},
    )  # fmt: skip


def _merge(facts: Facts) -> list[Option]:
    """The adapters of one base that together answer most; only where that is more than one of them does alone."""
    parents = _parents([each for each in facts.tried if each.adapter])
    if not parents:
        return []
    together = _together(parents)
    keep = facts.kept.get(Way.MERGE, ())
    ratio = expecting.share(Way.MERGE, keep, finished=facts.finished)
    skills = {
        suite: _times(max(each.skills.get(suite, 0.0) for each in parents), ratio)
        for suite in sorted({suite for each in parents for suite in each.skills})
    }
    return [
        _option(
            facts, "merge", Way.MERGE, Tier.SPECIALIST, parents, parents[0].base, parents[0].parameters,
            expecting.kept(Way.MERGE, together, keep, finished=facts.finished), facts.works.get("merge", Work()),
            skills=skills, notes=[_owners(each) for each in parents if not each.usable],
        )
    ]  # fmt: skip


def _parents(adapters: Sequence[Tried]) -> Sequence[Tried]:
    best: tuple[float, int, Sequence[Tried]] = (0.0, 0, ())
    ordered = sorted(adapters, key=lambda each: (-each.score, each.ref))[:LOOKED_AT]
    for number in range(2, MOST_PARENTS + 1):
        for group in combinations(ordered, number):
            if len({each.base for each in group}) > 1:
                continue
            more = sum(_together(group)) - max(sum(each.scores) for each in group)
            if more > 1e-9 and (sum(_together(group)), -number) > best[:2]:
                best = (sum(_together(group)), -number, group)
    return best[2]


def _together(group: Sequence[Tried]) -> list[float]:
    """By example, the points of whoever of them answers it best."""
    return [max(scores) for scores in zip(*(each.scores for each in group), strict=True)]


def _distil(facts: Facts) -> list[Option]:
    """The best version teaches the smallest base that is smaller than its own; it has to know enough itself."""
    able = [each for each in facts.tried if each.score > 0]
    if not able:
        return []
    teacher = max(able, key=lambda each: (each.score, -each.parameters))
    smaller = [each for each in facts.bases if each.trainable and each.parameters < teacher.parameters]
    students = [each for each in smaller if each.ref != teacher.base]
    if not students:
        return []
    student = min(students, key=lambda each: (each.parameters, each.ref))
    keep = facts.kept.get(Way.DISTIL, ())
    ratio = expecting.share(Way.DISTIL, keep)
    stops = [] if facts.data else [_no_data()]
    return [
        _option(
            facts, "distil", Way.DISTIL, Tier.SPECIALIST, [teacher], student.ref, student.parameters,
            expecting.kept(Way.DISTIL, teacher.scores, keep), facts.works.get("distil", Work()),
            skills={suite: _times(score, ratio) for suite, score in teacher.skills.items()},
            data=facts.data[0] if facts.data else None, stops=stops, on=student,
            notes=[] if teacher.usable else [_owners(teacher)],
        )
    ]  # fmt: skip


def _train(facts: Facts) -> list[Option]:
    """An adapter on the smallest base, and one on the largest where that is another."""
    bases = sorted((each for each in facts.bases if each.trainable), key=lambda each: (each.parameters, each.ref))
    if not bases:
        return []
    chosen = [("train", Tier.SPECIALIST, bases[0])]
    if bases[-1].parameters > bases[0].parameters:
        chosen.append(("train-large", Tier.EXPERT, bases[-1]))
    data = max(facts.data, key=lambda each: each.items, default=None)
    stops = [] if data else [_no_data()]
    notes = []
    if data is not None and data.items < ENOUGH_DATA:
        notes.append(
            Said(
                "little_data",
                f"{data.ref} has {data.items} items; fewer than {ENOUGH_DATA} teach little.",
                {"ref": data.ref, "items": data.items},
            )
        )
    return [
        _option(
            facts, key, Way.TRAIN, tier, [], base.ref, base.parameters,
            expecting.trained(base.tried, facts.kept.get(Way.TRAIN, ())), facts.works.get(key, Work()),
            data=data, notes=notes, stops=stops, on=base,
        )
        for key, tier, base in chosen
    ]  # fmt: skip


def _option(
    facts: Facts, key: str, way: Way, tier: Tier, versions: Sequence[Tried], base: str, parameters: int,
    expected: Expected, work: Work, *, skills: dict[str, Span] | None = None, data: Data | None = None,
    notes: Sequence[Said] = (), stops: Sequence[Said] = (), on: Base | None = None,
) -> Option:  # fmt: skip
    monthly = running.month(facts.need, _load(facts, versions, on), facts.prices)
    return Option(
        key=key, way=way, tier=tier, versions=[each.ref for each in versions], base=base, parameters=parameters,
        expected=expected, reach=reach(expected, facts.need.floor), skills=skills or {}, work=work, running=monthly,
        payback_months=running.payback_months(facts.need, work.micro, monthly),
        lead_hours=_lead(facts, work), data=data, notes=notes, stops=stops,
    )  # fmt: skip


def _load(facts: Facts, versions: Sequence[Tried], on: Base | None) -> Load:
    """One answer: measured where the model that will run was tried; else its time by the size of what was."""
    seen = list(versions) or sorted(facts.tried, key=lambda each: each.parameters)[:1]
    if not seen:
        return replace(TOKENS, served=bool(on and on.served), chips=on.chips if on else 0)
    first = seen[0]
    seconds = max(each.seconds for each in seen)
    if on is not None:
        seconds *= on.parameters / max(first.parameters, 1)
    return Load(
        max(each.prompt_tokens for each in seen), max(each.completion_tokens for each in seen), seconds,
        served=on.served if on else first.served, chips=on.chips if on else first.chips,
    )  # fmt: skip


def _lead(facts: Facts, work: Work) -> Span | None:
    """Hours until it may be deployed: the work, then the signature; None where either is not known."""
    if work.seconds is None or facts.signature_hours is None:
        return None
    sign, make = facts.signature_hours, work.seconds
    mid = None if sign.mid is None or make.mid is None else sign.mid + make.mid / 3600
    return Span(sign.low + make.low / 3600, mid, sign.high + make.high / 3600)


def _over(facts: Facts, option: Option) -> list[str]:
    need, found = facts.need, []
    if need.budget_once_micro is not None and (option.work.micro or 0) > need.budget_once_micro:
        found.append("budget_once")
    if need.budget_month_micro is not None and option.running and option.running.micro > need.budget_month_micro:
        found.append("budget_month")
    lead = option.lead_hours
    if need.days_left is not None and lead is not None and (lead.mid or lead.high) > need.days_left * 24:
        found.append("deadline")
    return found


def _times(score: float, ratio: Span) -> Span:
    return Span(score * ratio.low, min(1.0, score * (ratio.mid or ratio.low)), min(1.0, score * ratio.high))


def _no_data() -> Said:
    return Said("no_data", "The department has no data set that may be learnt from. Register one, then look again.")


def _not_measured(ref: str) -> Said:
    return Said("not_measured", f"{ref} has sat no exam: it cannot be put before a signature yet.", {"ref": ref})


def _owners(tried: Tried) -> Said:
    return Said(
        "owners_agree",
        f"{tried.ref} belongs to {tried.department}: its owners have to agree.",
        {"ref": tried.ref, "department": tried.department},
    )
