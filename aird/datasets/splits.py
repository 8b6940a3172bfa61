"""Splits: their names, their files, what their items are, and how items are dealt out. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aird.datasets.errors import SplitNameRefused, SplitSharesRefused


class DatasetFormat(StrEnum):
    """What one item is."""

    CHAT = "chat"  # messages that end with the assistant's answer
    PROMPT = "prompt"  # messages without an answer
    EXAM = "exam"  # messages with choices or a target
    TEXT = "text"  # plain text, chat items among it
    FEEDBACK = "feedback"  # an answer with a person's rating


SPLIT_PATTERN = r"^[a-z][a-z0-9_-]{0,31}$"
ENDING = ".jsonl"

_split = re.compile(SPLIT_PATTERN.removesuffix("$") + r"\Z", re.ASCII)


def check_split(name: str) -> str:
    """`name` when it may name a split. Raises SplitNameRefused."""
    if not _split.match(name):
        raise SplitNameRefused(
            f"{_shown(name)} cannot name a split: use a-z first, then a-z, 0-9, '_' and '-', 32 characters at most, "
            "for example 'train'.",
            split=_shown(name),
        )
    return name


def check_file(filename: str) -> str:
    """`filename` when it reads `<split>.jsonl`, without any folder. Raises SplitNameRefused."""
    if not filename.endswith(ENDING):
        raise SplitNameRefused(
            f"{_shown(filename)}: name each file after its split, for example 'train{ENDING}', without a folder.",
            split=_shown(filename),
        )
    check_split(filename.removesuffix(ENDING))
    return filename


def split_file(split: str) -> str:
    """The file of a split within its artifact."""
    return f"{split}{ENDING}"


def main_format(formats: dict[str, DatasetFormat]) -> DatasetFormat:
    """What a version is, of all that its splits are: its training items if it has any, else what there is most of."""
    if "train" in formats:
        return formats["train"]
    found = sorted(formats.values())
    return max(found, key=found.count)


MOST_SPLITS = 8
SMALLEST_SHARE = 0.001


@dataclass(frozen=True)
class SplitRule:
    """How items without a split are dealt out: by a hash of their question, so that the same question always falls
    into the same split, in this version and in all later ones, whatever else the data set holds."""

    shares: tuple[tuple[str, float], ...]
    salt: str

    @classmethod
    def of(cls, shares: Mapping[str, float], salt: str) -> "SplitRule":
        """Checked. Raises SplitSharesRefused, SplitNameRefused."""
        names = [check_split(name) for name in shares]
        if not 2 <= len(names) <= MOST_SPLITS:
            raise SplitSharesRefused(
                f"Name 2 to {MOST_SPLITS} splits with their shares, for example train 0.9, exam 0.1."
            )
        if any(not SMALLEST_SHARE <= share < 1 for share in shares.values()):
            raise SplitSharesRefused(f"Every share lies between {SMALLEST_SHARE} and 1, for example 0.1.")
        if abs(sum(shares.values()) - 1) > 1e-6:
            raise SplitSharesRefused(f"The shares add up to {sum(shares.values()):g}; they must add up to 1.")
        return cls(tuple(sorted(shares.items())), salt)

    @classmethod
    def parse(cls, kept: Mapping[str, Any]) -> "SplitRule | None":
        """Read what `to_json` wrote; None where there is no rule."""
        return cls(tuple(sorted(kept["shares"].items())), kept["salt"]) if kept else None

    def to_json(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {"shares": dict(self.shares), "salt": self.salt}

    def split_of(self, question: str) -> str:
        """The split of an item with this question (keys.question)."""
        digest = hashlib.sha256(f"{self.salt}\n{question}".encode()).digest()
        point, total = int.from_bytes(digest[:8], "big") / 2**64, 0.0
        for name, share in self.shares:
            total += share
            if point < total:
                return name
        return self.shares[-1][0]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
