"""The serving process over its socket, with a real model, spoken to as vLLM is spoken to."""

import base64
import json
import struct
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
A = "sha256:a"


@dataclass
class Served:
    """A serving process and the files it was given."""

    client: httpx.Client
    base: Path
    adapter: Path

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.client.post(path, json=body)

    def chat(self, unit: str = "base", **order: Any) -> dict[str, Any]:
        """A whole answer."""
        body = {"model": unit, "messages": QUESTION, "max_tokens": 8, "temperature": 0, **order}
        response = self.post("/v1/chat/completions", **body)
        assert response.status_code == 200, response.text
        return response.json()  # type: ignore[no-any-return]

    def text(self, unit: str = "base", **order: Any) -> str:
        return str(self.chat(unit, **order)["choices"][0]["message"]["content"])

    def events(self, path: str, **body: Any) -> list[dict[str, Any]]:
        """What a stream says, without its end."""
        response = self.post(path, stream=True, **body)
        assert response.headers["content-type"].startswith("text/event-stream"), response.text
        *events, done, empty = response.text.split("\n\n")
        assert (done, empty) == ("data: [DONE]", "")
        return [json.loads(each.removeprefix("data: ")) for each in events]

    def refused(self, path: str, **body: Any) -> tuple[int, str, str | None]:
        """Status, code and param of a refusal."""
        response = self.post(path, **body)
        error = response.json()["error"]
        return response.status_code, error["code"], error["param"]

    def health(self) -> dict[str, Any]:
        return self.client.get("/healthz").json()  # type: ignore[no-any-return]


def start(base: Path, *where: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aird.runtimes.server", "--base", base, "--name", "base", *where]
    return subprocess.Popen([str(each) for each in command], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)


def until_loaded(client: httpx.Client, socket: Path) -> dict[str, Any]:
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
        start(base, "--socket", socket) as process,
        httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://r", timeout=60) as client,
    ):
        assert until_loaded(client, socket)["units"] == ["base"]
        yield Served(client, base, adapter)
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
def unit(served: Served) -> Iterator[str]:
    """An adapter that is loaded for one test."""
    assert served.post("/v1/load_lora_adapter", lora_name=A, lora_path=str(served.adapter)).status_code == 200
    yield A
    served.post("/v1/unload_lora_adapter", lora_name=A)


def direct(served: Served, adapter: Path | None = None) -> str:
    tokens = hf.load(served.base, adapter).generate(QUESTION, max_tokens=8)
    return "".join(token.text for token in tokens)


def test_each_unit_answers_as_its_own_files_do(served: Served, unit: str):
    whole = served.chat()
    assert whole["choices"][0]["message"]["content"] == direct(served)
    assert served.text(unit) == direct(served, served.adapter) != direct(served)
    assert (whole["model"], whole["usage"]["completion_tokens"]) == ("base", 8)
    assert whole["choices"][0]["finish_reason"] == "length"


def test_a_stream_says_what_a_whole_answer_says_and_its_usage_when_asked(served: Served):
    whole = served.chat()
    asked = {"model": "base", "messages": QUESTION, "max_tokens": 8, "temperature": 0}
    plain = served.events("/v1/chat/completions", **asked)
    assert "".join(each["choices"][0]["delta"]["content"] for each in plain) == served.text()
    assert plain[0]["choices"][0]["delta"]["role"] == "assistant"
    assert not any("usage" in each for each in plain)
    *_, last = served.events("/v1/chat/completions", **asked, stream_options={"include_usage": True})
    assert (last["choices"], last["usage"]) == ([], whole["usage"])
    options = {"include_usage": True, "continuous_usage_stats": True}
    *pieces, _ = served.events("/v1/chat/completions", **asked, stream_options=options)
    assert [each["usage"]["completion_tokens"] for each in pieces] == list(range(9))


def test_several_choices_and_prompts_have_their_own_places(served: Served):
    said = served.chat(n=3, temperature=1.0, seed=4)
    assert [each["index"] for each in said["choices"]] == [0, 1, 2]
    assert said["usage"]["completion_tokens"] == 24
    asked = {"model": "base", "prompt": ["Which", [5, 6, 7]], "max_tokens": 4, "n": 2, "temperature": 0}
    whole = served.post("/v1/completions", **asked).json()
    texts = [each["text"] for each in whole["choices"]]
    assert texts[0] == texts[1] != texts[2] == texts[3]
    streamed = {0: "", 1: "", 2: "", 3: ""}
    for event in served.events("/v1/completions", **asked):
        streamed[event["choices"][0]["index"]] += event["choices"][0]["text"]
    assert list(streamed.values()) == texts


def test_a_seed_makes_sampling_repeatable(served: Served):
    first, second = (served.text(temperature=1.0, seed=7, max_tokens=20) for _ in range(2))
    assert first == second != served.text(temperature=1.0, seed=8, max_tokens=20)


def test_log_probabilities_come_in_both_shapes(served: Served):
    said = served.chat(logprobs=True, top_logprobs=2)["choices"][0]["logprobs"]["content"]
    assert len(said) == 8
    assert said[0]["logprob"] == said[0]["top_logprobs"][0]["logprob"] < 0
    assert bytes(said[0]["bytes"]).decode() == said[0]["token"]
    told = served.post("/v1/completions", model="base", prompt="Which", max_tokens=3, temperature=0, logprobs=1).json()
    assert {len(each) for each in told["choices"][0]["logprobs"].values()} == {3}
    assert served.chat()["choices"][0]["logprobs"] is None


def test_vectors_come_as_numbers_or_as_bytes(served: Served, unit: str):
    asked = {"model": unit, "input": ["one", "two"]}
    said = served.post("/v1/embeddings", **asked).json()
    packed = served.post("/v1/embeddings", **asked, encoding_format="base64").json()
    for plain, bytes_ in zip(said["data"], packed["data"], strict=True):
        raw = base64.b64decode(bytes_["embedding"])
        assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(plain["embedding"])
    assert sum(each**2 for each in said["data"][0]["embedding"]) == pytest.approx(1)
    assert said["usage"]["prompt_tokens"] > 1


def test_a_unit_that_is_not_loaded_is_not_found_and_one_that_is_answers(served: Served, unit: str):
    asked = {"messages": QUESTION, "max_tokens": 1}
    assert served.refused("/v1/chat/completions", model="b", **asked) == (404, "adapter_not_loaded", "model")
    assert served.chat(unit)
    assert served.refused("/v1/unload_lora_adapter", lora_name="b")[:2] == (404, "adapter_not_loaded")


@pytest.mark.parametrize(
    ("field", "value"),
    [("echo", True), ("n", 17), ("temperature", 3), ("stop", [""]), ("top_logprobs", 1), ("stream_options", {})],
)
def test_a_field_that_is_not_offered_is_refused_by_name(served: Served, field: str, value: Any):
    asked = {"model": "base", "messages": QUESTION, "max_tokens": 1}
    assert served.post("/v1/chat/completions", **asked).status_code == 200
    assert served.refused("/v1/chat/completions", **asked, **{field: value}) == (400, "question_unusable", field)


def test_a_prompt_that_leaves_no_room_is_refused_before_a_stream_begins(served: Served):
    asked = {"model": "base", "messages": [{"role": "user", "content": "x " * LONG}], "stream": True}
    assert served.refused("/v1/chat/completions", **asked)[:2] == (400, "prompt_too_long")


def test_an_adapter_that_cannot_be_loaded_is_refused_and_does_not_stay(served: Served, tmp_path: Path):
    for folder in (tmp_path, make_adapter(tmp_path / "nan", size=float("nan"))):
        status, _, _ = served.refused("/v1/load_lora_adapter", lora_name="sha256:c", lora_path=str(folder))
        assert status == 422
    assert served.health()["units"] == ["base"]


def test_a_loaded_adapter_is_listed_with_its_folder_and_loading_it_twice_changes_nothing(served: Served, unit: str):
    (_, found) = served.client.get("/v1/models").json()["data"]
    assert (found["id"], found["root"], found["parent"]) == (unit, str(served.adapter), "base")
    again = {"lora_name": unit, "lora_path": str(served.adapter)}
    assert served.post("/v1/load_lora_adapter", **again).status_code == 200
    assert served.refused("/v1/load_lora_adapter", lora_name=unit, lora_path="/elsewhere")[0] == 409


def test_a_unit_is_not_freed_while_it_answers_and_a_client_that_leaves_ends_its_answer(served: Served, unit: str):
    asked = {"model": unit, "messages": QUESTION, "stream": True, "n": 2}
    with served.client.stream("POST", "/v1/chat/completions", json=asked) as response:
        lines = response.iter_lines()  # kept: when it is collected, httpx hangs up
        next(lines)
        assert served.health()["in_flight_by_unit"] == {unit: 1}
        assert served.refused("/v1/unload_lora_adapter", lora_name=unit)[:2] == (409, "unit_in_use")
    for _ in range(250):
        if not served.health()["in_flight"]:
            break
        time.sleep(0.02)
    assert served.post("/v1/unload_lora_adapter", lora_name=unit).status_code == 200
    assert served.health()["units"] == ["base"]


def test_answers_of_different_units_run_side_by_side(served: Served, unit: str):
    alone = {each: served.text(each, max_tokens=30) for each in ("base", unit)}
    found: dict[str, str] = {}

    def ask(each: str) -> None:
        found[each] = served.text(each, max_tokens=30)

    threads = [threading.Thread(target=ask, args=(each,)) for each in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone


def test_what_was_counted_is_told_under_vllms_names(served: Served, unit: str):
    before = counted(served, "vllm:generation_tokens_total")
    served.chat(unit)
    assert counted(served, "vllm:generation_tokens_total") == before + 8
    assert counted(served, "vllm:num_requests_running") == 0
    assert served.client.get("/health").status_code == 200
    assert served.health()["memory"]["weights"] > 1000


def counted(served: Served, name: str) -> float:
    lines = served.client.get("/metrics").text.splitlines()
    return next((float(each.split()[-1]) for each in lines if each.startswith(name)), 0.0)
