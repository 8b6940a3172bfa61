"""The reasons that the pages read back into sentences stand in the source just so."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAID: dict[str, str] = json.loads((ROOT / "web/src/locales/en/said.json").read_text(encoding="utf-8"))
SLICES = (
    "audit", "catalog", "core", "datasets", "deploy", "evaluation", "finetuning", "jobs", "merge", "planning",
    "requests", "server", "training",
)  # fmt: skip
PIECES = re.compile(r"\{\{\w+\}\}|(?<=\.) |(?<=process )")
"""Where a sentence may have been put together: at what is put in, between sentences, before how a process ended."""


def texts() -> Iterator[str]:
    """Every string of the source, with a gap where something is put in."""
    for slice_ in SLICES:
        for path in (ROOT / "aird" / slice_).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(str(each.value) if isinstance(each, ast.Constant) else "\0" for each in node.values)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_each_sentence_that_the_pages_know_is_one_that_the_server_writes() -> None:
    source = "\n".join(texts())
    unknown = {
        key: piece
        for key, sentence in SAID.items()
        for piece in PIECES.split(sentence)
        if len(piece.strip(" .;:()")) > 3 and piece.strip() not in source
    }
    assert unknown == {}
