"""The offer: its options, which of them is recommended and why, and what nobody knows. Pure.

The smallest version above the skill floor is recommended: of what is at least probably good enough and within budget
and time, what needs the smallest model; among equals what costs least to make, then to run. Quality beyond the floor
buys nothing that was asked for, size costs every month.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aird.planning.advice import options
from aird.planning.advice.expecting import ENOUGH
from aird.planning.advice.facts import Facts, Way
from aird.planning.advice.options import Option, Reach, Said

FEW_EXAMPLES = 10
GOOD_ENOUGH = (Reach.SURELY, Reach.PROBABLY)
ORDER = (Way.REUSE, Way.MERGE, Way.DISTIL, Way.TRAIN)


@dataclass(frozen=True)
class Offer:
    """Options, the recommended one's key (None where there is nothing to recommend), the reason, and the unknowns."""

    options: Sequence[Option]
    recommended: str | None
    reason: Said
    unknown: Sequence[Said]


def advise(facts: Facts) -> Offer:
    """What is offered for these facts."""
    found = sorted(options.all_of(facts), key=_smallest)
    chosen, reason = _recommend(facts, found)
    return Offer(found, chosen.key if chosen else None, reason, _unknown(facts, found))


def _smallest(option: Option) -> tuple[int, int, int, int, str]:
    once, monthly = option.work.micro, option.running
    return (
        option.parameters,
        once if once is not None else 2**62,
        monthly.micro if monthly else 0,
        ORDER.index(option.way),
        option.key,
    )


def _recommend(facts: Facts, found: Sequence[Option]) -> tuple[Option | None, Said]:
    possible = [each for each in found if not each.stops]
    good = [each for each in possible if each.reach in GOOD_ENOUGH]
    fitting = [each for each in good if not each.over]
    floor = f"{facts.need.floor:.0%}"
    if fitting:
        best = fitting[0]
        return best, _because(best, floor, alone=len(good) == 1)
    if good:
        best = min(good, key=lambda each: (len(each.over), _smallest(each)))
        return best, Said(
            "over_limits",
            f"It is the smallest that reaches {floor}, but nothing that does keeps to {' and '.join(best.over)}.",
            {"over": list(best.over), "floor": facts.need.floor},
        )
    hopeful = [each for each in possible if each.reach in (Reach.PERHAPS, Reach.UNKNOWN)]
    if hopeful:
        best = max(hopeful, key=lambda each: (each.expected.span.mid or 0.0, each.expected.span.high, each.key))
        return best, Said(
            "may_reach",
            f"Nothing is likely to reach {floor}; this may. Try it before you rely on it.",
            {"floor": facts.need.floor},
        )
    if not found:
        return None, Said("nothing", "No version has been tried on the examples yet, and there is no base to build on.")
    return None, Said(
        "none_reaches",
        f"Nothing here is expected to reach {floor}. Lower the floor, or bring data to learn from.",
        {"floor": facts.need.floor},
    )


def _because(best: Option, floor: str, *, alone: bool) -> Said:
    sure = "surely" if best.reach is Reach.SURELY else "probably"
    params = {"reach": best.reach.value, "parameters": best.parameters, "way": best.way.value, "alone": alone}
    if alone:
        return Said("only_one", f"It is the only one that {sure} reaches {floor}.", params)
    return Said(
        "smallest", f"It is the smallest that {sure} reaches {floor}; more would cost more every month.", params
    )


def _unknown(facts: Facts, found: Sequence[Option]) -> list[Said]:
    need, said = facts.need, list[Said]()
    if not facts.tried:
        said.append(Said("not_tried", "No version has answered the examples yet: no score here is measured."))
    elif need.examples < FEW_EXAMPLES:
        said.append(
            Said(
                "few_examples",
                f"{need.examples} examples bound a score only loosely; {FEW_EXAMPLES} and more say more.",
                {"examples": need.examples},
            )
        )
    if need.volume_per_day is None:
        said.append(Said("no_volume", "Without questions per day no monthly cost can be worked out."))
    if need.today_micro is None:
        said.append(Said("no_today", "Without the cost of today nobody can say when it pays for itself."))
    ways = {each.way for each in found}
    for way in (Way.MERGE, Way.DISTIL):
        children = len(facts.kept.get(way, ()))
        if way in ways and children < ENOUGH:
            said.append(
                Said(
                    f"{way.value}_elsewhere",
                    f"{children} such versions were measured in this house: the range is that of a published test.",
                    {"children": children},
                )
            )
    if Way.TRAIN in ways and len(facts.kept.get(Way.TRAIN, ())) < ENOUGH:
        said.append(
            Said("train_unmeasured", "What a training on such data comes to, nobody has measured here often enough.")
        )
    if any(each.work.seconds is None for each in found):
        said.append(Said("work_unknown", "How long the work takes is not known where no such job has run."))
    if facts.signature_hours is None:
        said.append(Said("signature_unknown", "How long a signature takes is not known: none was given here yet."))
    said.append(Said("people", "The time of the people who prepare data and decide is in no sum."))
    return said
