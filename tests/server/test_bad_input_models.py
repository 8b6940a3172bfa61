"""Model files that are not what they say, over HTTP: refused with the reason, and nothing of them is kept."""

import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import uvicorn
from httpx2 import Response
from safetensors.numpy import load, save

from aird.catalog.intake.inspection import inspect
from aird.catalog.intake.refusals import IntakeRefused
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.e2e.processes import patience
from tests.server.house import House, contents

Files = dict[str, bytes]
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "base_model.model.model"
PATH = "/models/support/mail"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {"base": make_base(home / "base"), "adapter": make_adapter(home / "adapter")}


@pytest.fixture
def house(world: World, folders: dict[str, Path]) -> House:
    """A house with a real base; support/mail waits for its first version."""
    opened = House(world)
    opened.hire("platform/base", folders["base"])
    assert opened.post("/models", {"name": "support/mail", "title": "Mail"}) == 201
    return opened


@pytest.fixture
def adapter(folders: dict[str, Path]) -> Files:
    return contents(folders["adapter"])


def upload(house: House, files: Files | list[tuple[str, bytes]], base: str = "platform/base@1") -> Response:
    return house.upload(PATH, files, base=base)


def check_refused(house: House, before: Any, answer: Response, code: str, *, status: int = 422, what: str = "") -> None:
    """A clear no, and nothing has changed."""
    assert answer.headers["content-type"] == "application/problem+json", (what, answer.text)
    assert (answer.status_code, answer.json()["code"]) == (status, code), (what, answer.text)
    assert answer.json()["detail"], what
    assert house.state() == before, what


def with_tensors(files: Files, change: Callable[[dict[str, Any]], object]) -> Files:
    tensors = {name: array.copy() for name, array in load(files[WEIGHTS]).items()}
    change(tensors)
    return {**files, WEIGHTS: save(tensors, {"format": "pt"})}


def with_config(files: Files, **changes: Any) -> Files:
    return {**files, CONFIG: json.dumps(json.loads(files[CONFIG]) | changes).encode()}


def first(tensors: dict[str, Any]) -> str:
    return sorted(name for name in tensors if "lora_B" in name)[0]


def zeros(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


class Trap:
    """Unpickled, it would run a command."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("taken over",))


TENSORS: dict[str, Callable[[dict[str, Any]], object]] = {
    "one is missing": lambda t: t.pop(first(t)),
    "one is NaN": lambda t: t[first(t)].fill(np.nan),
    "one is infinite": lambda t: t[first(t)].fill(np.inf),
    "none": lambda t: t.clear(),
    "the head": lambda t: t.update({"base_model.model.lm_head.weight": zeros(384, 32)}),
    "the embedding": lambda t: t.update({f"{PREFIX}.embed_tokens.weight": zeros(384, 32)}),
    "a weight of a layer": lambda t: t.update({f"{PREFIX}.layers.0.self_attn.q_proj.weight": zeros(32, 32)}),
    "a layer too many": lambda t: t.update({f"{PREFIX}.layers.9.self_attn.q_proj.lora_A.weight": zeros(4, 32)}),
    "another shape": lambda t: t.update({first(t): zeros(7, 4)}),
    "whole numbers": lambda t: t.update({first(t): t[first(t)].astype(np.int32)}),
}
CONFIGS: dict[str, dict[str, Any]] = {
    "a rank of 200 million": {"r": 200_000_000},
    "a rank that is not the tensors'": {"r": 3},
    "a rank of nothing": {"r": None},
    "a pattern instead of modules": {"target_modules": "(a+)+$"},
    "a pattern among modules": {"target_modules": ["q_proj", ".*"]},
    "a rank pattern that backtracks": {"rank_pattern": {"(a+)+$": 4}},
    "layers copied 20,000 times": {"layer_replication": [[0, 2]] * 20_000},
    "an infinite alpha": {"lora_alpha": float("inf")},
    "whole modules": {"modules_to_save": ["lm_head"]},
    "code of its own": {"auto_mapping": {"base_model_class": "os.system"}},
    "an unknown field": {"surprise": 1},
    "another method": {"peft_type": "PROMPT_TUNING"},
    "half a surrogate pair": {"target_modules": ["\ud800"]},
}
FILES: dict[str, Files] = {
    "a pickle beside the weights": {"adapter_model.bin": pickle.dumps(Trap())},
    "a pickle in the weights' name": {WEIGHTS: pickle.dumps(Trap())},
    "an archive in the weights' name": {WEIGHTS: b"PK\x03\x04" + bytes(100)},
    "a header that never ends": {WEIGHTS: (2**60).to_bytes(8, "little") + b"{}"},
    "code": {"modeling_tiny.py": b"print('taken over')"},
    "an empty file": {WEIGHTS: b""},
    "a config that nests": {CONFIG: b'{"a":' * 50_000 + b"1" + b"}" * 50_000},
    "a config that is a list": {CONFIG: b"[]"},
    "a config twice over": {CONFIG: b'{"r": 4, "r": 8}'},
    "a config that is not UTF-8": {CONFIG: b'{"r": "\xff"}'},
    "a tokenizer of its own": {"tokenizer.json": b'{"model": {"type": "BPE", "vocab": {}, "merges": []}}'},
}
NAMES = (
    "../adapter_config.json", "a/../../b.json", "/etc/passwd", "a\\..\\b.json", "..", ".", "a//b", "a/./b", "-rf",
    "a b", "%2e%2e/x.json", "file:///etc/passwd", "x" * 300 + ".json", "a/" * 12 + "b.json", "é.json", "a\tb",
    ".git/config",
)  # fmt: skip


def test_the_adapter_that_is_spoilt_below_is_a_good_one(house: House, adapter: Files) -> None:
    answer = upload(house, adapter)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["ref"], answer.json()["kind"]) == ("support/mail@1", "adapter")
    assert house.leftovers() == []


def test_tensors_that_are_no_adapter_are_refused(house: House, adapter: Files) -> None:
    before = house.state()
    for what, change in TENSORS.items():
        check_refused(house, before, upload(house, with_tensors(adapter, change)), "intake_refused", what=what)


def test_a_config_that_would_harm_is_refused_at_once(house: House, adapter: Files) -> None:
    before = house.state()
    for what, changes in CONFIGS.items():
        began = time.monotonic()
        check_refused(house, before, upload(house, with_config(adapter, **changes)), "intake_refused", what=what)
        assert time.monotonic() - began < patience(5), what


def test_files_that_are_not_weights_are_refused(house: House, adapter: Files) -> None:
    before = house.state()
    for what, files in FILES.items():
        check_refused(house, before, upload(house, adapter | files), "intake_refused", what=what)


def test_a_file_name_that_leaves_its_folder_is_refused(house: House, adapter: Files) -> None:
    before = house.state()
    for name in NAMES:
        check_refused(house, before, upload(house, adapter | {name: b"{}"}), "intake_refused", what=name)


def test_a_file_name_with_a_nul_is_refused(house: House) -> None:
    before = house.state()
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a\0b.json"\r\n\r\n{}\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = house.client.post(f"/api/v1{PATH}/versions", content=part, headers=headers)
    check_refused(house, before, answer, "intake_refused")


def test_a_file_that_comes_twice_is_refused(house: House, adapter: Files) -> None:
    before = house.state()
    answer = upload(house, [*adapter.items(), (CONFIG, adapter[CONFIG])])
    check_refused(house, before, answer, "upload_malformed", status=400)


FIELDS: tuple[tuple[int, str, dict[str, str]], ...] = (
    (400, "field_unknown", {"license": "x" * 65}),
    (400, "field_unknown", {"base": "p" * 129}),
    (400, "field_unknown", {"notes": "x" * 4001}),
    (400, "field_unknown", {"owner": "me"}),
    (400, "text_not_storable", {"notes": "a\0b"}),
    (422, "name_refused", {"base": "../base"}),
    (422, "name_refused", {"base": "platform/base@0"}),
    (422, "name_refused", {"base": "platform/base@99999999999999999999"}),
    (404, "version_not_found", {"base": "platform/base@7"}),
    (404, "model_not_found", {"base": "platform/other"}),
)


def test_fields_of_the_form_that_do_not_fit_are_refused(house: House, adapter: Files) -> None:
    before = house.state()
    for status, code, fields in FIELDS:
        answer = house.upload(PATH, adapter, **{"base": "platform/base@1", **fields})
        check_refused(house, before, answer, code, status=status, what=str(fields)[:80])


@pytest.mark.parametrize("target", ["../../platform/secret/model.safetensors", "/etc/passwd", "model-2.safetensors"])
def test_an_index_that_points_elsewhere_is_refused(house: House, folders: dict[str, Path], target: str) -> None:
    before, files = house.state(), contents(folders["base"])
    tensors = load(files["model.safetensors"])
    index = {"metadata": {"total_size": 1}, "weight_map": dict.fromkeys(tensors, target)}
    sharded = {name: data for name, data in files.items() if name != "model.safetensors"}
    sharded["model-00001-of-00001.safetensors"] = files["model.safetensors"]
    sharded["model.safetensors.index.json"] = json.dumps(index).encode()
    check_refused(house, before, house.upload(PATH, sharded), "intake_refused")


def test_a_symlink_is_neither_examined_nor_stored(house: House, folders: dict[str, Path], tmp_path: Path) -> None:
    before = house.state()
    (tmp_path / "in").mkdir()
    for name, data in contents(folders["base"]).items():
        (tmp_path / "in" / name).write_bytes(data)
    assert inspect(tmp_path / "in", base=None).kind == "base"
    (tmp_path / "in" / "model.safetensors").unlink()
    (tmp_path / "in" / "model.safetensors").symlink_to(folders["base"] / "model.safetensors")
    with pytest.raises(IntakeRefused):
        inspect(tmp_path / "in", base=None)
    with pytest.raises(ValueError, match="symbolic link"):
        house.world.store.put_folder(tmp_path / "in")
    assert house.state() == before


def test_an_adapter_of_another_architecture_does_not_fit(house: House, adapter: Files) -> None:
    assert upload(house, adapter).status_code == 201
    before = house.state()
    wider = with_tensors(adapter, lambda t: t.update({name: np.repeat(t[name], 2, axis=-1) for name in t}))
    check_refused(house, before, upload(house, wider), "intake_refused")


@contextmanager
def live(house: House) -> Iterator[str]:
    """The address of a real server."""
    server = uvicorn.Server(uvicorn.Config(house.app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_of_two_uploads_of_the_same_version_at_once_one_is_filed(house: House, adapter: Files) -> None:
    answers: list[Response] = []
    headers = {"Authorization": house.client.headers["Authorization"]}
    parts = [("files", (name, data)) for name, data in adapter.items()]

    def send(url: str) -> None:
        form = {"base": "platform/base@1"}
        answers.append(httpx2.post(f"{url}/api/v1{PATH}/versions", files=parts, data=form, headers=headers, timeout=60))

    with live(house) as url:
        threads = [threading.Thread(target=send, args=[url]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(each.status_code for each in answers) == [201, 409], [each.text for each in answers]
    assert {each.json().get("code") for each in answers} == {None, "version_exists"}
    assert house.client.get("/api/v1/models/support/mail").json()["versions"] == 1
    assert house.leftovers() == []
