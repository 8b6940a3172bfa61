"""An exchange between the gateway's `capture`, which takes it down, and its `notebook`, which keeps it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Taken:
    """An exchange that waits, as it was."""

    endpoint: UUID
    completion_id: str
    unit: str
    version: str
    messages: list[dict[str, Any]]
    answer: str
