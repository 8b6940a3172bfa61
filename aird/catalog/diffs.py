"""What changed from one version to another: files, texts, facts, card, scores. Pure, and bounded.

Texts are compared line by line as `diff -u` does, within limits that keep a hostile file from costing seconds; what
is longer is told apart by its digest alone.
"""

import difflib
from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any, Protocol

from aird.catalog.schemas_files import Change, FactChange, FileChange, SkillChange, TextChange

TEXTS = (
    "README.md",
    "adapter_config.json",
    "added_tokens.json",
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "tokenizer.json",
    "LICENSE",
    "LICENSE.md",
    "LICENSE.txt",
    "NOTICE",
)
"""The files whose text is compared, in the order in which they are shown."""
MAX_BYTES = 256 * 1024
MAX_LINES = 2000
MAX_LINE = 400
MAX_DIFF_LINES = 1000
MAX_FACTS = 300


class File(Protocol):
    """A file by digest and size in bytes."""

    @property
    def digest(self) -> str: ...

    @property
    def size(self) -> int: ...


class Score(Protocol):
    """A score with its 95 % interval."""

    @property
    def score(self) -> float: ...

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


def files(old: Mapping[str, File], new: Mapping[str, File]) -> list[FileChange]:
    """Every file of either, by path."""
    return [_file(path, old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys())]


def _file(path: str, old: File | None, new: File | None) -> FileChange:
    if old is None or new is None:
        change = Change.ADDED if old is None else Change.REMOVED
    else:
        change = Change.SAME if old.digest == new.digest else Change.CHANGED
    return FileChange(path=path, change=change, old_size=old.size if old else None, new_size=new.size if new else None)


def worth_reading(changes: list[FileChange]) -> list[str]:
    """The paths whose texts are to be compared."""
    changed = {each.path for each in changes if each.change is not Change.SAME}
    return [path for path in TEXTS if path in changed]


def text(path: str, old: bytes | None, new: bytes | None) -> TextChange:
    """The unified diff of two texts; None stands for a file that is not there. What is too long is not compared."""
    if max(len(old or b""), len(new or b"")) > MAX_BYTES:
        return TextChange(path=path, unified_diff="", cut=True)
    before, cut_before = _lines(old)
    after, cut_after = _lines(new)
    found: list[str] = []
    for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm=""):
        if len(found) == MAX_DIFF_LINES:
            return TextChange(path=path, unified_diff="\n".join(found), cut=True)
        found.append(line)
    return TextChange(path=path, unified_diff="\n".join(found), cut=cut_before or cut_after)


def _lines(content: bytes | None) -> tuple[list[str], bool]:
    lines = (content or b"").decode("utf-8", "replace").replace("\0", "\ufffd").splitlines()
    cut = len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines)
    return [line[:MAX_LINE] for line in lines[:MAX_LINES]], cut


def facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FactChange]:
    """The facts that differ, by dotted key; at most MAX_FACTS of them."""
    before, after = dict(_flat(old)), dict(_flat(new))
    keys = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return [FactChange(key=key, old=before.get(key), new=after.get(key)) for key in keys[:MAX_FACTS]]


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(each, Mapping) and len(prefix) < MAX_LINE:
            yield from _flat(each, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", each


def skills(old: Mapping[str, Score], new: Mapping[str, Score]) -> list[SkillChange]:
    """The scores of both by suite, and how far apart they are."""
    return [_skill(suite, old.get(suite), new.get(suite)) for suite in sorted(old.keys() | new.keys())]


def _skill(suite: str, old: Score | None, new: Score | None) -> SkillChange:
    if old is None or new is None:
        return SkillChange(
            suite=suite, old=old.score if old else None, new=new.score if new else None, low=None, high=None
        )
    low, high = difference(old, new)
    return SkillChange(suite=suite, old=old.score, new=new.score, low=low, high=high)


def difference(old: Score, new: Score) -> tuple[float, float]:
    """The 95 % interval of `new - old` from the two intervals, as if they came from different items.

    Newcombe (1998), hybrid score method, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    The same items measured twice would give a narrower one: that is what the gates compare.
    """
    gain = new.score - old.score
    low = gain - sqrt((new.score - new.low) ** 2 + (old.high - old.score) ** 2)
    high = gain + sqrt((new.high - new.score) ** 2 + (old.score - old.low) ** 2)
    return low, high
