"""Items that are there more than once, and texts that are almost the same: MinHash over character shingles. Pure.

Near duplicates are sought with datasketch's MinHash LSH and each candidate is compared in full: the likeness is the
Jaccard index of the two sets of shingles, not its estimate.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from datasketch import MinHash, MinHashLSH

THRESHOLD = 0.8
PERMUTATIONS = 64
SHINGLE = 5
MOST_CHARACTERS = 4000
MOST_CANDIDATES = 20


def shingles(plain: str) -> frozenset[int]:
    """32 bits for every run of five characters of a text in the form that is compared (keys.plain)."""
    text = plain[:MOST_CHARACTERS]
    last = max(len(text) - SHINGLE, 0)
    return frozenset(zlib.crc32(text[at : at + SHINGLE].encode()) for at in range(last + 1))


def likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of shingles that both have, of those that any has."""
    return len(one & other) / len(one | other)


@dataclass
class Alike:
    """An index of texts that gives those almost the same; texts are known by their number."""

    threshold: float = THRESHOLD
    _lsh: MinHashLSH = field(init=False)
    _sets: dict[int, frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lsh = MinHashLSH(threshold=self.threshold, num_perm=PERMUTATIONS)

    def __len__(self) -> int:
        return len(self._sets)

    def find(self, plain: str) -> tuple[int, float] | None:
        """The text most like this one, with its likeness; None where none is near."""
        found = shingles(plain)
        return self._best(found, _hash(found))

    def add(self, number: int, plain: str) -> tuple[int, float] | None:
        """`find`, then remember the text under this number."""
        found = shingles(plain)
        sketch = _hash(found)
        best = self._best(found, sketch)
        self._sets[number] = found
        self._lsh.insert(number, sketch, check_duplication=False)
        return best

    def _best(self, found: frozenset[int], sketch: MinHash) -> tuple[int, float] | None:
        pairs = [(likeness(found, self._sets[other]), other) for other in self._candidates(sketch)]
        best = max(pairs, default=(0.0, 0))
        return (best[1], best[0]) if best[0] >= self.threshold else None

    def _candidates(self, sketch: MinHash) -> Iterator[int]:
        yield from sorted(self._lsh.query(sketch))[:MOST_CANDIDATES]


def _hash(found: frozenset[int]) -> MinHash:
    made = MinHash(num_perm=PERMUTATIONS, seed=1, hashfunc=int)
    made.update_batch(sorted(found))
    return made
