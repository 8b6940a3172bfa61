"""web/openapi.json describes the API as the code has it."""

import json
from pathlib import Path
from typing import Any

import pytest

from aird.server.app import openapi_document

SNAPSHOT = Path(__file__).parents[2] / "web" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(openapi_document()))
    return found


def parts(document: dict[str, Any]) -> dict[str, Any]:
    """Every address and every shape by its name."""
    return {**document["paths"], **document["components"]["schemas"]}


def test_the_snapshot_is_the_api_of_the_code(document: dict[str, Any]) -> None:
    snapshot = json.loads(SNAPSHOT.read_text())
    kept, found = parts(snapshot), parts(document)
    differing = sorted(name for name in kept.keys() | found.keys() if kept.get(name) != found.get(name))
    assert differing == [], "run `make api`"
    assert snapshot == document, "run `make api`"


def test_every_address_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names) > 50
