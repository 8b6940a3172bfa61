"""The offer: its options, which of them is recommended and why, and what nobody knows. Pure.

The smallest version above the skill floor is recommended: of what is at least probably good enough and within budget
and time, what needs the smallest model; among equals what costs least in its first year, making it included. Quality
beyond the floor buys nothing that was asked for. Where a larger one costs less, both say so, with the sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aird.planning.advice import comparing, options
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
    good = [each for each in found if not each.stops and each.reach in GOOD_ENOUGH]
    chosen, reason = _recommend(facts, found, good)
    said = [_compared(facts, each, chosen, reason, good) for each in found]
    return Offer(said, chosen.key if chosen else None, reason, _unknown(facts, found))


def _compared(facts: Facts, option: Option, best: Option | None, reason: Said, good: Sequence[Option]) -> Option:
    """The option with what its card says of it beside the recommended one."""
    if best is None:
        return option
    currency = facts.prices.currency
    if option.key == best.key:
        fitting = [each for each in good if not each.over]
        return replace(option, why=[reason, *comparing.of_recommended(best, fitting, currency)])
    if option not in good or best not in good:
        return option
    cheaper = comparing.is_cheaper(option, best)
    return replace(option, why=comparing.of_other(option, best, currency), cheaper=cheaper)


def _smallest(option: Option) -> tuple[int, int, int, int, str]:
    once, monthly = option.work.micro, option.running.micro if option.running else 0
    return (
        option.parameters,
        once + comparing.MONTHS * monthly if once is not None else 2**62,
        once or 0,
        ORDER.index(option.way),
        option.key,
    )


def _recommend(facts: Facts, found: Sequence[Option], good: Sequence[Option]) -> tuple[Option | None, Said]:
    possible = [each for each in found if not each.stops]
    fitting = [each for each in good if not each.over]
    floor = f"{facts.need.floor:.0%}"
    if fitting:
        return fitting[0], _because(fitting[0], floor, good)
    if good:
        best = min(good, key=lambda each: (len(each.over), _smallest(each)))
        return best, Said(
            "over_limits",
            f"Nothing that reaches {floor} keeps to all limits; this breaks the fewest: {' and '.join(best.over)}.",
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


def _because(best: Option, floor: str, good: Sequence[Option]) -> Said:
    sure = "surely" if best.reach is Reach.SURELY else "probably"
    alone = len(good) == 1
    params = {"reach": best.reach.value, "parameters": best.parameters, "way": best.way.value, "alone": alone}
    if alone:
        return Said("only_one", f"It is the only one that {sure} reaches {floor}.", params)
    if any(each.parameters < best.parameters for each in good):
        return Said("smallest_within", f"It is the smallest within the limits that {sure} reaches {floor}.", params)
    return Said("smallest", f"It is the smallest that {sure} reaches {floor}.", params)


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
