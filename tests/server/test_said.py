"""The reasons and refusals that the pages read back into sentences stand in the source just so."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_core._pydantic_core import list_all_errors

ROOT = Path(__file__).resolve().parents[2]
SLICES = (
    "approval", "audit", "auth", "catalog", "core", "datasets", "deploy", "evaluation", "finetuning", "jobs", "merge",
    "metering", "notices", "planning", "requests", "runtimes", "server", "store", "training",
)  # fmt: skip
PIECES = re.compile(r"\{\{\w+\}\}|(?<=\.) |(?<=process )")
"""Where a sentence may have been put together: at what is put in, between sentences, before how a process ended."""


def texts() -> Iterator[str]:
    """Every string of the source, with a gap where something is put in, and what pydantic says of a field."""
    for slice_ in SLICES:
        for path in (ROOT / "aird" / slice_).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(str(each.value) if isinstance(each, ast.Constant) else "\0" for each in node.values)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
    for error in list_all_errors():
        for plural in ("", "s"):
            said = error["message_template_python"].replace("{expected_plural}", plural)
            yield re.sub(r"\{\w+\}", "\0", said)


@pytest.mark.parametrize("list_", ["said", "refusals"])
def test_each_sentence_that_the_pages_know_is_one_that_the_server_writes(list_: str) -> None:
    source = "\n".join(texts())
    sentences = json.loads((ROOT / f"web/src/locales/en/{list_}.json").read_text(encoding="utf-8"))
    unknown = {
        key: piece
        for key, sentence in sentences.items()
        for piece in PIECES.split(sentence)
        if len(piece.strip(" .;:()")) > 3 and piece.strip() not in source
    }
    assert unknown == {}
