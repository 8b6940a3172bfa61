"""Two versions on the same items: what one won and lost against the other. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Pairs:
    """Differences, new minus old, of the scores (0 to 1) on the items that both sat, and how often each occurs."""

    counts: Mapping[float, int]

    @staticmethod
    def of(differences: Iterable[float]) -> "Pairs":
        """The pairs with these differences."""
        return Pairs(dict(Counter(differences)))

    @staticmethod
    def between(new: Mapping[str, float], old: Mapping[str, float]) -> "Pairs":
        """Item by item, over the items that both have."""
        return Pairs.of(new[each] - old[each] for each in new.keys() & old.keys())

    @staticmethod
    def binary(items: int, won: int, lost: int) -> "Pairs":
        """Pairs of right and wrong answers: `won` right where the old one was wrong, `lost` the other way round."""
        if won < 0 or lost < 0 or won + lost > items:
            raise ValueError(f"{won} won and {lost} lost of {items} items is not possible")
        return Pairs({value: count for value, count in ((1.0, won), (-1.0, lost), (0.0, items - won - lost)) if count})

    @cached_property
    def items(self) -> int:
        """How many items both sat."""
        return sum(self.counts.values())

    @cached_property
    def won(self) -> int:
        """Items on which the new one scores higher."""
        return sum(count for value, count in self.counts.items() if value > 0)

    @cached_property
    def lost(self) -> int:
        """Items on which the new one scores lower."""
        return sum(count for value, count in self.counts.items() if value < 0)

    @cached_property
    def mean(self) -> float:
        """The mean difference; 0 without any item."""
        return sum(value * count for value, count in self.counts.items()) / self.items if self.items else 0.0

    @cached_property
    def is_binary(self) -> bool:
        """Whether every answer was simply right or wrong."""
        return all(value in (-1.0, 0.0, 1.0) for value in self.counts)
