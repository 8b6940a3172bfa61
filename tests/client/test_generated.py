"""What is generated of the client is fresh: the types from the API's snapshot, the sync half from the async half."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aird.client import schema_gen
from aird.client.record import Record

ROOT = Path(__file__).parents[2]


def test_the_generated_modules_are_those_of_the_snapshot_and_of_the_async_half() -> None:
    command = [sys.executable, "scripts/make-client.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["ModelRead", "VersionRead", "JobRead", "ApprovalRead", "Bill"])
def test_every_field_of_the_snapshot_is_an_attribute(name: str) -> None:
    shape = json.loads((ROOT / "web" / "openapi.json").read_text())["components"]["schemas"][name]
    fields = {field.removesuffix("_") for field in vars(getattr(schema_gen, name))["__annotations__"]}
    assert fields == set(shape["properties"])


def test_a_field_is_of_its_python_type_and_the_json_stays() -> None:
    latest = {"ref": "a/b@1", "created_at": "2026-11-22T06:00:00Z", "skills": [{"suite": "a/exam", "items": 300}]}
    model = schema_gen.ModelRead({"name": "a/b", "latest": latest, "tags": ["x"]})
    assert model.latest is not None
    assert model.latest.created_at == datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert (model.latest.skills[0].suite, model.latest.skills[0].items_) == ("a/exam", 300)
    assert model["latest"]["created_at"] == "2026-11-22T06:00:00Z"
    assert json.loads(json.dumps(model)) == model


def test_what_is_missing_or_unknown_is_said() -> None:
    model = schema_gen.ModelRead({"name": "a/b", "latest": None, "of_a_newer_server": 1})
    assert model.latest is None
    assert model.of_a_newer_server == 1
    with pytest.raises(AttributeError, match="came without 'title'"):
        _ = model.title
    with pytest.raises(AttributeError, match="no field 'nonsense'"):
        _ = model.nonsense


def test_an_object_of_the_server_is_not_changed_in_passing() -> None:
    model = schema_gen.ModelRead({"name": "a/b"})
    with pytest.raises(AttributeError, match="change it there"):
        model.name = "a/c"
    assert model.name == "a/b"


def test_an_object_says_what_it_is() -> None:
    assert repr(Record({"ref": "a/b@1", "kind": "base", "bytes": 5})) == "Record(ref='a/b@1', kind='base')"
    assert {"latest", "name"} <= set(dir(schema_gen.ModelRead({"name": "a/b"})))
