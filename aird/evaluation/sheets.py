"""Sheets that an attempt has finished, in the job's workspace: the next attempt need not ask again.

A file that a kill has cut short reads as no sheet at all.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aird.evaluation.runner import Sheet
from aird.evaluation.scorers.outcome import Outcome


def keep(folder: Path, name: str, sheet: Sheet) -> None:
    """Keep the sheet under this name."""
    _write(folder, name, asdict(sheet))


def kept(folder: Path, name: str) -> Sheet | None:
    """The sheet of this name, None when there is none that is whole."""
    found = _read(folder, name)
    if not isinstance(found, dict):
        return None
    variants = {way: [Outcome(**each) for each in some] for way, some in found["variants"].items()}
    return Sheet([Outcome(**each) for each in found["outcomes"]], variants, found["details"])


def keep_answers(folder: Path, name: str, answers: Mapping[str, list[str]]) -> None:
    """Keep answers that a judge has still to mark, by way of asking."""
    _write(folder, name, dict(answers))


def kept_answers(folder: Path, name: str) -> dict[str, list[str]] | None:
    """The answers of this name, None when there are none that are whole."""
    found: dict[str, list[str]] | None = _read(folder, name)
    return found


def _write(folder: Path, name: str, content: Any) -> None:
    part = folder / f"{name}.part"
    part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.replace(folder / f"{name}.json")


def _read(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
