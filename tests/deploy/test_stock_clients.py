"""Programs with stock clients, each in an environment of its own, against the gateway; nothing leaves the machine."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import Stage

ROOT = Path(__file__).parents[2]
CLIENTS = Path(os.environ.get("API_CLIENTS", ROOT / ".api-clients"))
JOURNEYS = Path(__file__).with_name("clients")
pytestmark = pytest.mark.slow


def environment(name: str) -> Path:
    """Where `scripts/api-clients.sh` has put the client."""
    folder = CLIENTS / name
    if not (folder / "ready").exists():
        missing = f"no environment {folder}: run `make api-clients`"
        assert os.environ.get("AIRD_TEST_API_CLIENTS") != "required", missing
        pytest.skip(missing)
    return folder


def run(stage: Stage, home: Path, *command: str | Path, **more: str) -> str:
    """What the program prints."""
    env = {
        "PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "*", "LANG": "C.UTF-8",
        "BASE_URL": f"http://127.0.0.1:{stage.port}/v1", "API_KEY": stage.key(), "TOKEN": stage.world.token("sam"),
    }  # fmt: skip
    done = subprocess.run(
        command, env=env | more, cwd=home, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answer(stage: Stage) -> str:
    current = stage.endpoint().current
    assert current is not None
    return f"{current.digest[7:19]} 2 3 4 5 "


def test_openai_python(shared: Stage, tmp_path: Path):
    python = environment("openai") / "bin" / "python"
    said: dict[str, Any] = json.loads(run(shared, tmp_path, python, JOURNEYS / "openai_journey.py"))
    text = answer(shared)
    assert said == {
        "chat": [text, 12], "stream": [text, 12], "completion": text, "embedding": 2, "response": text,
        "models": ["support/desk"], "at_once": ["stop"] * 5, "refused": "reasoning_effort", "files": [True, True],
    }  # fmt: skip


def test_langchain_openai_counts_what_was_used_once(shared: Stage, tmp_path: Path):
    python = environment("langchain") / "bin" / "python"
    said: dict[str, Any] = json.loads(run(shared, tmp_path, python, JOURNEYS / "langchain_journey.py"))
    text = answer(shared)
    assert said == {
        "chat": [text, 12], "named": text, "stream": [text, None], "counted": [text, 7, 5], "response": text,
        "response_stream": text, "completions": [text, text], "embeddings": [2, 2],
    }  # fmt: skip


def test_llm_on_the_command_line(shared: Stage, tmp_path: Path):
    command = environment("llm") / "bin" / "llm"
    url = f"http://127.0.0.1:{shared.port}/v1"
    (tmp_path / "extra-openai-models.yaml").write_text(
        f"- model_id: desk\n  model_name: support/desk\n  api_base: {url}\n  api_key_name: desk\n"
    )
    asked = [command, "-m", "desk", "--key", shared.key(), "short"]
    streamed = run(shared, tmp_path, *asked, LLM_USER_PATH=str(tmp_path))
    whole = run(shared, tmp_path, *asked, "--no-stream", LLM_USER_PATH=str(tmp_path))
    assert streamed.strip() == whole.strip() == answer(shared).strip()


def test_openai_node(shared: Stage, tmp_path: Path):
    folder = environment("node")
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    said = json.loads(run(shared, tmp_path, node, JOURNEYS / "node_journey.mjs", CLIENT=str(folder)))
    text = answer(shared)
    assert said == {
        "chat": [text, 12], "stream": [text, 12], "completion": text, "embedding": 2, "response": text,
        "models": ["support/desk"], "left": True, "refused": "reasoning_effort", "files": ["processed", True],
    }  # fmt: skip
