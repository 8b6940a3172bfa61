"""The licences of a merge's parents and base, joined: what rests on the child, and what does not go together. Pure.

Bookkeeping, so that nobody overlooks a licence; whether a use is allowed is for people to decide, so nothing here
stops a merge.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aird.catalog import licences
from aird.core.schemas import Finding

NAMED = 8
"""Of more versions a message names this many, and tells how many more there are."""


@dataclass(frozen=True)
class Licensed:
    """A version with the licence it was filed under and all that rests on it."""

    ref: str
    license: str
    restrictions: Sequence[str]

    @property
    def names(self) -> set[str]:
        """Every licence that rests on it."""
        return set(licences.licences_in(licences.inherited(self.license, [("", self.restrictions)])))


def child_licence(asked: str, parents: Sequence[Licensed]) -> str:
    """What the child is filed under: what was asked for, else the one licence that all parents have."""
    if asked.strip():
        return licences.normal(asked)
    own = {licences.normal(each.license) for each in parents}
    return own.pop() if len(own) == 1 else ""


def joined(license: str, parents: Sequence[Licensed], base: Licensed) -> list[str]:
    """Everything that will rest on the child."""
    return licences.inherited(license, [(each.license, each.restrictions) for each in (*parents, base)])


def listed(refs: Sequence[str]) -> str:
    """Names for a message: the first few, and how many more there are."""
    more = len(refs) - NAMED
    return ", ".join(refs[:NAMED]) + (f" and {more} more" if more > 0 else "")


def licence_findings(parents: Sequence[Licensed], base: Licensed, license: str) -> Iterator[Finding]:
    """What to know about the licences before the merge."""
    resting = joined(license, parents, base)
    named = licences.licences_in(resting)
    share_alike = [each for each in named if licences.SHARE_ALIKE in _asks(each)]
    warned = False
    if len(share_alike) > 1:
        warned = True
        yield _warning(
            "licence_share_alike",
            f"{' and '.join(share_alike)} each ask that what is made from them is passed on under themselves: the "
            "child can be used in the house and given to nobody. Choose parents under one of them.",
            share_alike,
        )
    elif share_alike and license and licences.normal(license) not in share_alike:
        warned = True
        yield _warning(
            "licence_lost",
            f"A parent under {share_alike[0]} asks that the child is passed on under it, not under {license}. File it "
            f"under {share_alike[0]}.",
            share_alike,
        )
    for asked, code, words in _USES:
        whose = [each for each in named if asked in _asks(each)]
        if whose:
            warned = True
            yield _warning(code, f"{listed(whose)}: {words} The child inherits this.", whose)
    silent = [each.ref for each in parents if not each.license.strip()]
    if silent:
        yield Finding(
            level="note",
            code="licence_missing",
            message=f"Nobody has said under which licence {listed(silent)} may be used. Ask the owners before "
            "the child leaves the house.",
            params={"versions": silent},
        )
    strange = {each.license: each.ref for each in parents if each.license.strip() and not _known(each.license)}
    for name, ref in strange.items():
        yield Finding(
            level="note",
            code="licence_unknown",
            message=f"{ref} stands under {name!r}, which aird does not know. Read it before the child goes out.",
            params={"version": ref, "license": name},
        )
    if not warned:
        yield Finding(
            level="ok",
            code="licences_compatible",
            message=f"The licences go together: {', '.join(named) or 'none was named'}.",
            params={"licences": named},
        )


_USES = (
    (licences.NON_COMMERCIAL, "licence_non_commercial", "not for business."),
    (licences.NO_DERIVATIVES, "licence_no_derivatives", "changed versions, and a merge is one, are not passed on."),
    (licences.USE_POLICY, "licence_use", "a list of forbidden uses goes along."),
)


def _known(licence: str) -> bool:
    return licences.normal(licence) in licences.KNOWN


def _asks(name: str) -> tuple[str, ...]:
    known = licences.KNOWN.get(name)
    return known.asks if known else ()


def _warning(code: str, message: str, whose: list[str]) -> Finding:
    level = "note" if code == "licence_use" else "warning"
    return Finding(level=level, code=code, message=message, params={"licences": whose})
