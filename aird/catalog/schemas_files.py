"""Shapes of a version's files at the API: text, safetensors headers, the card, the difference of two versions."""

from enum import StrEnum
from typing import Any

from aird.core.schemas import Schema


class TextRead(Schema):
    """A text file of a version."""

    path: str
    size: int
    digest: str
    text: str


class TensorRead(Schema):
    """A tensor of a weights file."""

    name: str
    dtype: str
    shape: list[int]
    bytes: int


class HeaderRead(Schema):
    """The header of a safetensors file; `total` counts its tensors, of which `tensors` are the first."""

    path: str
    tensors: list[TensorRead]
    metadata: dict[str, str]
    total: int
    parameters: int


class ClaimRead(Schema):
    """A score that the card claims; nobody here has measured it."""

    task: str
    dataset: str
    metric: str
    value: float | str
    source: str


class CardRead(Schema):
    """A version's card: what its YAML says, and its text. `own` is False for a card that aird wrote from its facts."""

    metadata: dict[str, Any]
    markdown: str
    claims: list[ClaimRead]
    own: bool


class Change(StrEnum):
    """What became of something between two versions."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class FileChange(Schema):
    """A file of two versions."""

    path: str
    change: Change
    old_size: int | None
    new_size: int | None


class TextChange(Schema):
    """How a text file changed, as a unified diff; `cut` says that the diff is longer than what is shown."""

    path: str
    unified_diff: str
    cut: bool


class FactChange(Schema):
    """A fact that is not the same."""

    key: str
    old: Any
    new: Any


class SkillChange(Schema):
    """A suite's scores; `low` and `high` bound the 95 % interval of the difference, None where one was not measured."""

    suite: str
    old: float | None
    new: float | None
    low: float | None
    high: float | None


class DiffRead(Schema):
    """What changed from `old` to `new`."""

    old: str
    new: str
    files: list[FileChange]
    texts: list[TextChange]
    facts: list[FactChange]
    card: list[FactChange]
    skills: list[SkillChange]
