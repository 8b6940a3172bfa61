"""What candidates are worth: the share of the best parent's skill that each keeps, and which of them none other beats.

Pure. `kept` of a suite is the candidate's score as a share of the best parent's on the same items. Where the best
parent knows nothing there is nothing to lose: any score keeps all, and what it adds counts on top.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aird.merge.search.racing import Answers


@dataclass(frozen=True, slots=True)
class Standing:
    """How a candidate stands: `kept` by suite, its mean and worst, and what is missing to the floors at most."""

    kept: Mapping[str, float]
    shortfall: float

    @property
    def mean(self) -> float:
        """The mean over the suites; each counts alike, however many items it has."""
        return sum(self.kept.values()) / len(self.kept) if self.kept else 0.0

    @property
    def worst(self) -> float:
        """The suite that lost most."""
        return min(self.kept.values(), default=0.0)

    @property
    def meets(self) -> bool:
        """Whether every floor is reached."""
        return self.shortfall == 0.0

    @property
    def goal(self) -> float:
        """What the search maximises: the mean, less what is missing to the floors."""
        return self.mean - self.shortfall

    @property
    def order(self) -> tuple[bool, float, float]:
        """The greater the better: floors first, then the goal; the worst suite decides between equal ones."""
        return self.meets, round(self.goal, 9), self.worst


@dataclass(frozen=True, slots=True)
class Place:
    """A complete trial among the others."""

    number: int
    standing: Standing
    rank: int


def standing(kept: Mapping[str, float], floors: Mapping[str, float]) -> Standing:
    """Where these shares stand with these floors; a floor of a suite that is not there is not looked at."""
    short = [floor - kept[suite] for suite, floor in floors.items() if suite in kept]
    return Standing(dict(kept), max([0.0, *(each for each in short if each > 1e-12)]))


def kept_share(right: int, best: int, items: int) -> float:
    """`right` answers of `items` as a share of the best parent's `best`."""
    if items == 0:
        return 1.0
    return right / best if best else 1.0 + right / items


def kept_of(answers: Answers, reference: Answers) -> dict[str, float]:
    """The share of the reference's right answers that is kept, by suite, on the items answered so far."""
    return {
        suite: kept_share(sum(given), sum(reference[suite][: len(given)]), len(given))
        for suite, given in answers.items()
        if len(given)
    }


def expected_of(kept: Mapping[str, float], theirs: Mapping[str, float], whole: Mapping[str, float]) -> dict[str, float]:
    """What a dropped candidate would keep of all items.

    `kept` is its share of those it has answered, `theirs` the incumbent's of the same and `whole` of all: the first
    items may be easier or harder than the rest, and that is the same for both.
    """
    return {suite: share - theirs[suite] + whole[suite] for suite, share in kept.items()}


def item_weights(reference: Answers) -> dict[str, float]:
    """What one right answer of each suite adds to the mean of what is kept."""
    return {suite: 1 / (sum(given) or len(given)) / len(reference) for suite, given in reference.items() if len(given)}


def best_of(places: Sequence[Place]) -> Place | None:
    """The one to file: that meets the floors, then with the highest goal, the best worst suite, the lower rank."""
    return max(places, key=lambda p: (*p.standing.order, -p.rank, -p.number), default=None)


def front(places: Sequence[Place]) -> list[int]:
    """Numbers of those that no other beats: by a mean and worst as high and a rank as low; of equals the earliest."""

    def beats(one: Place, other: Place) -> bool:
        mine = one.standing.mean, one.standing.worst, -one.rank
        theirs = other.standing.mean, other.standing.worst, -other.rank
        as_good = all(m >= t for m, t in zip(mine, theirs, strict=True))
        return as_good and (mine != theirs or one.number < other.number)

    return [each.number for each in places if not any(beats(other, each) for other in places)]
