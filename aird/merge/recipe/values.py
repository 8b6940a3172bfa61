"""The plain values of a recipe: numbers that are finite, flags that are flags, keys that are known."""

import difflib
import math
import re
from typing import Any

from aird.core.recipe_yaml import RecipeRefused

MAX_NUMBER = 100.0
MAX_RANK = 1024

_number = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def finite(value: Any, key: str) -> float:
    """`value` as a finite number of a size that makes sense; raises RecipeRefused."""
    if isinstance(value, list):
        raise RecipeRefused(
            f"{key} is a list, which mergekit reads as a gradient over layers or as conditions on tensors."
            " aird gives one number to a whole adapter. Write one number.",
            reason="gradient",
            key=key,
        )
    if isinstance(value, dict):
        raise RecipeRefused(
            f"{key} is conditional ('filter'); aird gives one number to a whole adapter. Write one number.",
            reason="filter",
            key=key,
        )
    # YAML 1.1 reads 1e-3 as text; mergekit takes it for a number, and so do we.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RecipeRefused(f"{key} must be a number such as 0.5.", reason="bad_value", key=key)
    if isinstance(value, str) and not _number.fullmatch(value):
        raise RecipeRefused(f"{key} must be a finite number, not {value[:40]!r}.", reason="bad_value", key=key)
    huge = isinstance(value, int) and abs(value) > MAX_NUMBER
    number = math.inf if huge else float(value)
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise RecipeRefused(
            f"{key} must be a finite number between -{MAX_NUMBER:g} and {MAX_NUMBER:g}; this one would ruin the model.",
            reason="not_finite",
            key=key,
        )
    return number


def flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise RecipeRefused(f"{key} must be true or false.", reason="bad_value", key=key)
    return value


def only_known(content: dict[str, Any], known: tuple[str, ...], key: str, refused: dict[str, str]) -> None:
    """Raises RecipeRefused for a key outside `known`; `refused` has reasons for those mergekit knows."""
    prefix = f"{key}." if key else ""
    for name in content:
        if name in refused and content[name] is not None:
            raise RecipeRefused(
                f"'{prefix}{name}' is not supported: {refused[name]}.",
                reason="not_supported",
                key=prefix + name,
            )
        if name not in known and name not in refused:
            shown = name[:40]
            near = difflib.get_close_matches(shown, known, n=1, cutoff=0.5)
            advice = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(known)}."
            raise RecipeRefused(
                f"'{prefix}{shown}' is not a key that aird knows. {advice}",
                reason="unknown_key",
                key=prefix + shown,
            )
