"""Regular expressions that cannot hang: a pattern is compiled once, and each search has a limit of time."""

from functools import lru_cache
from typing import Any

import regex

SECONDS = 0.5
"""How long one search may take; an ordinary one takes microseconds."""

MAX_PATTERN = 1000


class PatternRefused(ValueError):
    """The pattern is not a regular expression"""


class PatternTooSlow(Exception):
    """A search did not end in time"""


@lru_cache(maxsize=1024)
def compiled(pattern: str, ignore_case: bool = False) -> Any:
    """The pattern, ready to search. Raises PatternRefused."""
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"it is longer than {MAX_PATTERN} characters")
    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        raise PatternRefused(str(error)[:200]) from None


def found(pattern: str, text: str, *, ignore_case: bool = False, whole: bool = False) -> bool:
    """Whether the pattern is in the text, or with `whole` is all of it. Raises PatternRefused, PatternTooSlow."""
    expression = compiled(pattern, ignore_case)
    search = expression.fullmatch if whole else expression.search
    try:
        return search(text, timeout=SECONDS) is not None
    except TimeoutError:
        raise PatternTooSlow(f"it did not end within {SECONDS} s on a text of {len(text)} characters") from None


def extracted(pattern: str, text: str, *, last: bool = False) -> str | None:
    """What the pattern finds in the text, its first group if it has one. Raises PatternRefused, PatternTooSlow."""
    expression = compiled(pattern)
    found = None
    try:
        for match in expression.finditer(text, timeout=SECONDS):
            found = match
            if not last:
                break
    except TimeoutError:
        raise PatternTooSlow(f"it did not end within {SECONDS} s on a text of {len(text)} characters") from None
    if found is None:
        return None
    groups = [each for each in found.groups() if each is not None]
    return str(groups[0] if groups else found.group())
