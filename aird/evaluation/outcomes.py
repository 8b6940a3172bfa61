"""The outcomes of a run: one line for every item, as an artifact of the store. No ML import, no database."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from aird.evaluation.models import Run
from aird.evaluation.scorers.outcome import Outcome
from aird.store.artifacts import Store

FILE = "outcomes.jsonl"
VARIANTS = "variants.jsonl"


def lines(outcomes: Iterable[Outcome]) -> bytes:
    """Outcomes as the file that is stored."""
    return b"".join(_line(asdict(each)) for each in outcomes)


def variant_lines(variants: Mapping[str, Iterable[Outcome]]) -> bytes:
    """Outcomes of items that were asked otherwise, by how."""
    return b"".join(_line(asdict(each) | {"variant": name}) for name, found in variants.items() for each in found)


def read(store: Store, run: Run) -> dict[str, float]:
    """The score of every item, from 0 to 1, by the item's id, in the order of the items. Raises ArtifactNotFound."""
    return {each.id: each.score for each in read_all(store, run.outcomes)}


def read_all(store: Store, artifact: str) -> Iterator[Outcome]:
    """Everything that was noted, item by item. Raises ArtifactNotFound."""
    with store.open_file(artifact, FILE) as source:
        for line in source:
            found: dict[str, Any] = json.loads(line)
            found.setdefault("score", float(found["correct"]))  # runs of before scores were real-valued
            yield Outcome(**found)


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode() + b"\n"
