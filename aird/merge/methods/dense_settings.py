"""The numbers of a mergekit recipe for one tensor: gradients over the layers, and conditions on tensors' names.

A list of numbers is interpolated over the layers: `t` runs from 0 at the first to 1 at the last, and is 0 for what
lies before and behind them. Of conditions the first counts whose `filter` is a part of the tensor's name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_layer = re.compile(r"model\.layers\.(\d+)\.", re.ASCII)

Scopes = Sequence[Mapping[str, Any] | None]
"""Settings from the nearest to the farthest: of the model, of the slice, of the whole merge."""


def depth(tensor: str, layers: int) -> float:
    """Where a tensor lies between the first layer, 0, and the last, 1."""
    found = _layer.match(tensor)
    if found is None:
        return 0.0
    return int(found[1]) / (layers - 1) if layers > 1 else 1.0


def number(scopes: Scopes, name: str, tensor: str, t: float) -> float | None:
    """The number that counts for a tensor, None when nothing sets it."""
    found = _found(scopes, name, tensor, t)
    return None if found is None else float(found)


def flag(scopes: Scopes, name: str, tensor: str, t: float, *, default: bool) -> bool:
    """The flag that counts for a tensor."""
    found = _found(scopes, name, tensor, t)
    return default if found is None else bool(found)


def _found(scopes: Scopes, name: str, tensor: str, t: float) -> Any:
    for scope in scopes:
        if scope is not None and name in scope:
            value = evaluate(scope[name], tensor, t)
            if value is not None:
                return value
    return None


def evaluate(setting: Any, tensor: str, t: float) -> Any:
    """A setting as it counts for a tensor; None when no condition fits."""
    if not isinstance(setting, list):
        return setting
    if all(isinstance(each, dict) for each in setting):
        for condition in setting:
            wanted = condition.get("filter")
            if wanted in (None, "*") or wanted in tensor:
                return evaluate(condition["value"], tensor, t)
        return None
    if any(isinstance(each, bool) for each in setting):
        return setting[int(t * (len(setting) - 1))]
    place = t * (len(setting) - 1)
    left = int(place)
    right = min(left + 1, len(setting) - 1)
    return (1 - (place - left)) * setting[left] + (place - left) * setting[right]
