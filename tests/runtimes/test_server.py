"""The serving process over its socket, with a real model."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aird.runtimes import hf
from aird.testing_ml import make_adapter, make_base

QUESTION = [{"role": "user", "content": "Which invoice is 科目6102?"}]
LONG = 5000


@dataclass
class Served:
    """A serving process and the files it was given."""

    client: httpx.Client
    base: Path
    adapter: Path

    def ask(self, unit: str = "base", **order: Any) -> list[dict[str, Any]]:
        """The lines of an answer."""
        body = {"unit": unit, "messages": QUESTION, "max_tokens": 8, **order}
        response = self.client.post("/generate", json=body)
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]

    def refused(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        response = self.client.request(method, path, **request)
        return response.status_code, response.json()["error"]["code"]


def start(base: Path, socket: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aird.runtimes.server", "--base", base, "--name", "base", "--socket", socket]
    return subprocess.Popen([str(each) for each in command], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)


def health(client: httpx.Client, socket: Path) -> dict[str, Any]:
    """What it says of itself once it has something to say."""
    for _ in range(600):
        if socket.exists() and (said := client.get("/healthz").json())["state"] != "starting":
            return said  # type: ignore[no-any-return]
        time.sleep(0.1)
    raise AssertionError("it never came up")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("r")
    base, adapter = (
        make_base(folder / "base", max_positions=LONG, endless=True),
        make_adapter(folder / "adapter", size=0.3),
    )
    socket = folder / "s"
    with (
        start(base, socket) as process,
        httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://r", timeout=30) as client,
    ):
        assert health(client, socket)["units"] == ["base"]
        yield Served(client, base, adapter)
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
def unit(served: Served) -> Iterator[str]:
    """An adapter that is loaded for one test."""
    served.client.post("/units", json={"name": "sha256:a", "path": str(served.adapter)}).raise_for_status()
    yield "sha256:a"
    served.client.delete("/units/sha256:a")


def direct(served: Served, adapter: Path | None = None) -> str:
    tokens = hf.load(served.base, adapter).generate(QUESTION, max_tokens=8)
    return "".join(token.text for token in tokens)


def text(lines: list[dict[str, Any]]) -> str:
    return "".join(line["text"] for line in lines)


def test_each_unit_answers_as_its_own_files_do(served: Served, unit: str):
    lines = served.ask()
    assert text(lines) == direct(served)
    assert text(served.ask(unit)) == direct(served, served.adapter) != text(lines)
    assert [line["completion_tokens"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line.get("finish_reason") for line in lines][-2:] == [None, lines[-1]["finish_reason"]]


def test_a_seed_makes_sampling_repeatable(served: Served):
    first, second = (text(served.ask(temperature=1.0, seed=7, max_tokens=20)) for _ in range(2))
    assert first == second != text(served.ask(temperature=1.0, seed=8, max_tokens=20))


def test_a_unit_that_is_not_loaded_is_not_found_and_one_that_is_answers(served: Served, unit: str):
    order = {"unit": "sha256:b", "messages": QUESTION, "max_tokens": 1}
    assert served.refused("POST", "/generate", json=order) == (404, "adapter_not_loaded")
    assert served.ask(unit)


def test_a_prompt_that_leaves_no_room_is_refused_before_the_answer_begins(served: Served):
    order = {"unit": "base", "messages": [{"role": "user", "content": "x " * LONG}], "max_tokens": 1}
    assert served.refused("POST", "/generate", json=order) == (400, "prompt_too_long")


def test_an_adapter_that_cannot_be_loaded_is_refused_and_does_not_stay(served: Served, tmp_path: Path):
    for folder in (tmp_path, make_adapter(tmp_path / "nan", size=float("nan"))):
        status, _ = served.refused("POST", "/units", json={"name": "sha256:c", "path": str(folder)})
        assert status == 422
    assert served.client.get("/healthz").json()["units"] == ["base"]


def test_a_unit_is_not_freed_while_it_answers(served: Served, unit: str):
    order = {"unit": unit, "messages": QUESTION, "max_tokens": LONG}
    with served.client.stream("POST", "/generate", json=order) as response:
        lines = response.iter_lines()  # kept: when it is collected, httpx hangs up
        next(lines)
        assert served.refused("DELETE", f"/units/{unit}") == (409, "unit_in_use")
    for _ in range(100):  # leaving ended the answer
        if not served.client.get("/healthz").json()["in_flight"]:
            break
        time.sleep(0.02)
    assert served.client.delete(f"/units/{unit}").json() == {"units": ["base"]}


def test_answers_of_different_units_run_side_by_side(served: Served, unit: str):
    alone = {each: text(served.ask(each, max_tokens=30)) for each in ("base", unit)}
    found: dict[str, str] = {}

    def ask(each: str) -> None:
        found[each] = text(served.ask(each, max_tokens=30))

    threads = [threading.Thread(target=ask, args=(each,)) for each in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone


def test_a_base_that_cannot_be_loaded_is_told_by_its_health(tmp_path: Path):
    socket = tmp_path / "s"
    (tmp_path / "empty").mkdir()
    with (
        start(tmp_path / "empty", socket) as process,
        httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://r") as client,
    ):
        said = health(client, socket)
        order = {"unit": "base", "messages": QUESTION, "max_tokens": 1}
        refused = client.post("/generate", json=order)
        process.terminate()
    assert said["state"] == "failed"
    assert "config.json is missing" in said["reason"]
    assert refused.status_code == 503
