"""Splits: their names, their files, and what their items are. Pure."""

import re
from enum import StrEnum

from aird.datasets.errors import SplitNameRefused


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


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
