"""What a stage does, as a key: equal keys are equal work, whoever plans it and whatever it is called. Pure.

A key covers the kind, the settings and everything that is read: versions and data sets by their digests, exams by what
they are made of, the output of another stage by that stage's key. It leaves out what changes no byte of the result: the
model it is filed in, titles, notes, licences, gates.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from aird.planning.models import StageKind

FORMAT = 1
"""Raised when keys are made otherwise: old ones then match nothing, and the work is done again."""
LABELS = frozenset({"model", "title", "notes", "license"})
"""What a recipe says of its child without changing it."""


def stage_key(kind: StageKind, content: Mapping[str, Any]) -> str:
    """64 hex digits for the kind and a content in which every name was replaced by its digest."""
    text = json.dumps([FORMAT, kind.value, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def without_labels(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of a training or mentoring, or the block `aird` of a merge, without what names its child."""
    return {name: value for name, value in spec.items() if name not in LABELS}


def mapped(value: Any, place: tuple[str, ...], change: Callable[[str, tuple[str, ...]], str]) -> Any:
    """The value with every text changed by `change(text, keys that lead to it)`; places in lists have no key."""
    if isinstance(value, str):
        return change(value, place)
    if isinstance(value, Mapping):
        return {key: mapped(part, (*place, key), change) for key, part in value.items()}
    return [mapped(part, place, change) for part in value] if isinstance(value, list) else value
