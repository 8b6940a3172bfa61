"""transformers and PEFT find models, and the bases of adapters, by name."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import aliases, queries
from tests.hub.caller import file
from tests.hub.house import Served, ndjson

BASE, ADAPTER = "support/loaded-base", "support/loaded-adapter"


def _push(served: Served, name: str, folder: Path, *more: tuple[str, dict[str, str]]) -> None:
    files = [file(path.name, path.read_bytes()) for path in folder.iterdir()]
    body = ndjson(("header", {"summary": "x", "description": ""}), *files, *more)
    answer = served.call("POST", f"/api/models/{name}/commit/main", content=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
@pytest.mark.xdist_group("hub")
def test_a_base_and_an_adapter_are_loaded_by_name(served: Served, models: Mapping[str, Path], tmp_path: Path) -> None:
    for name in (BASE, ADAPTER):
        department, _, model = name.partition("/")
        served.call("POST", "/api/repos/create", json={"name": model, "organization": department})
    _push(served, BASE, models["base"])
    _push(served, ADAPTER, models["one"], file("README.md", f"---\nbase_model: {BASE}\n---\n".encode()))
    _push(served, BASE, models["other"])
    with served.world.database.write() as session:
        sam = served.world.actor("sam")
        base, adapter = queries.get_version(session, BASE, 1), queries.get_version(session, ADAPTER)
        aliases.move(session, SYSTEM, base.model, "production", base, reason="x", approval_id=base.id)
        aliases.move(session, sam, adapter.model, "staging", adapter, reason="x")
    script = Path(__file__).with_name("loading.py")
    env = served.env(tmp_path, "sam")
    done = subprocess.run(
        [sys.executable, script, BASE, ADAPTER, models["base"], models["one"]],
        env=env, cwd=tmp_path, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("loaded\n")
