"""What the options of an offer cost beside the recommended one, as sentences for each of them. Pure.

The smallest version above the floor stays the recommended one where a larger one costs less, most often because its
engine runs already: that price is one of today, and ends when the engine is full or goes. The size is what the need
itself asks for. Whoever asks sees both sums and may choose the other.
"""

from collections.abc import Sequence

from aird.planning.advice.options import Option, Said

MONTHS = 12
"""Months over which what is made once is set against what is paid every month."""
MILLION = 1_000_000


def first_year(option: Option) -> int | None:
    """Micro-units: making it, and a year of it; None where either is not known."""
    if option.running is None or option.work.micro is None:
        return None
    return option.work.micro + MONTHS * option.running.micro


def cheapest(best: Option, others: Sequence[Option]) -> Option | None:
    """Of the others, what costs least in its first year; None where no sums are known."""
    known = [
        (year, each.key, each) for each in others if each.key != best.key and (year := first_year(each)) is not None
    ]
    return min(known)[2] if known and first_year(best) is not None else None


def of_recommended(best: Option, fitting: Sequence[Option], currency: str) -> list[Said]:
    """What it costs beside the cheapest of the others, and why it is recommended where that one costs less."""
    other = cheapest(best, fitting)
    if other is None:
        return []
    mine, theirs = first_year(best) or 0, first_year(other) or 0
    names = {"what": named(other), "way": other.way.value}
    if mine == theirs:
        return [Said("as_cheap", f"{names['what']} costs as much in the first year; nothing costs less.", names)]
    month = (other.running.micro if other.running else 0) - (best.running.micro if best.running else 0)
    if mine < theirs:
        code, micro = ("less_month", month) if month > 0 else ("less_year", theirs - mine)
        what = "a month" if month > 0 else "in the first year, making it included,"
        return [
            Said(
                code,
                f"It costs {money(micro, currency)} less {what} than {names['what']}, the next cheapest.",
                {**names, "micro": micro},
            )
        ]
    code, micro = ("other_less_month", -month) if month < 0 else ("other_less_year", mine - theirs)
    what = "a month" if month < 0 else "in the first year, making it included"
    said = [
        Said(code, f"{names['what']} costs {money(micro, currency)} less {what}.", {**names, "micro": micro}),
    ]
    if _shares(other, best):
        said.append(
            Said(
                "small_engine",
                "The smaller is recommended all the same: it does what was asked for, and has an engine to itself. The "
                "other is cheaper only while the engine it shares runs and has time left. If the price decides, choose "
                "the other.",
            )
        )
    else:
        said.append(
            Said(
                "small_enough",
                "The smaller is recommended all the same: it does what was asked for with less memory and computing. "
                "If the price decides, choose the other.",
            )
        )
    return said


def of_other(option: Option, best: Option, currency: str) -> list[Said]:
    """What it costs beside the recommended one: a month, once, and, where these two point apart, in the first year."""
    if option.running is None or best.running is None:
        return []
    month = option.running.micro - best.running.micro
    said = [_difference("month", month, currency)]
    if option.work.micro is None or best.work.micro is None:
        return said
    once = option.work.micro - best.work.micro
    if once:
        said.append(_difference("once", once, currency))
    if once * month < 0:
        said.append(_difference("year", once + MONTHS * month, currency))
    if month < 0 and _shares(option, best):
        said.append(
            Said(
                "engine_runs",
                "The engine of its base runs already: a share of it costs nothing while it has time left.",
            )
        )
    return said


def is_cheaper(option: Option, best: Option) -> bool:
    """Whether it costs less than the recommended one in the first year."""
    mine, theirs = first_year(option), first_year(best)
    return mine is not None and theirs is not None and mine < theirs


def named(option: Option) -> str:
    """What it is made from."""
    return " + ".join(option.versions) or option.base


def money(micro: int, currency: str) -> str:
    """An amount for a sentence, to the hundredth; less is said to be less."""
    return f"{micro / MILLION:,.2f} {currency}" if micro >= MILLION / 100 else f"less than 0.01 {currency}"


def _shares(option: Option, best: Option) -> bool:
    """Whether it is spared an engine that the recommended one has to have."""
    return bool(option.running and best.running and option.running.engines < best.running.engines)


def _difference(span: str, micro: int, currency: str) -> Said:
    when = {"month": "a month", "once": "to make", "year": "in the first year, all together,"}[span]
    if micro == 0:
        return Said(f"{span}_same", f"It costs as much {when} as the recommended one.")
    side = "less" if micro < 0 else "more"
    sum_ = money(abs(micro), currency)
    return Said(f"{span}_{side}", f"It costs {sum_} {side} {when} than the recommended one.", {"micro": abs(micro)})
