"""Which folders of this machine hold models, what they are called, and which stand on which."""

import json
from pathlib import Path

import pytest

from aird.client import BadReference, LocalFile
from aird.client.folders import (
    base_among,
    discover,
    hub_cache,
    in_hub_cache,
    model_folder,
    name_for,
    same_files,
    slug,
)
from aird.client.landing import sha256_of
from aird.client.uploads import folder_uploads


def model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def adapter(folder: Path, base: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base}))
    return folder


def cached(home: Path, repo: str, sha: str = "abc", ref: str | None = "main") -> Path:
    place = home / "hub" / f"models--{repo.replace('/', '--')}"
    model(place / "snapshots" / sha)
    if ref:
        (place / "refs").mkdir(exist_ok=True)
        (place / "refs" / ref).write_text(sha)
    return place / "snapshots" / sha


def test_bases_come_before_the_adapters_that_stand_on_them(tmp_path: Path) -> None:
    adapter(tmp_path / "a" / "first", "z/base")
    model(tmp_path / "z" / "base")
    (tmp_path / ".git" / "config.json").parent.mkdir()
    (tmp_path / ".git" / "config.json").write_text("{}")
    found = discover(tmp_path)
    assert [each.source for each in found] == ["z/base", "a/first"]
    assert base_among(found[1], found) == found[0]


def test_an_adapter_finds_its_base_by_path_and_by_name(tmp_path: Path) -> None:
    base = model(tmp_path / "m" / "base")
    model(tmp_path / "m" / "other")
    adapter(tmp_path / "m" / "by-path", "../base")
    adapter(tmp_path / "m" / "by-name", "somewhere/else/base")
    adapter(tmp_path / "m" / "unknown", "nowhere")
    found = {each.path.name: each for each in discover(tmp_path)}
    bases = {name: base_among(each, list(found.values())) for name, each in found.items()}
    assert bases["by-path"] == bases["by-name"] == found[base.name]
    assert bases["unknown"] is None


def test_what_is_below_a_model_belongs_to_it(tmp_path: Path) -> None:
    model(tmp_path / "m" / "base")
    model(tmp_path / "m" / "base" / "onnx")
    assert [each.source for each in discover(tmp_path)] == ["m/base"]


@pytest.mark.parametrize("text", ["[1]", "{", '{"base_model_name_or_path": 5}', "[" * 100_000])
def test_a_config_that_says_nothing_is_no_base(tmp_path: Path, text: str) -> None:
    (tmp_path / "adapter_config.json").write_text(text)
    found = model_folder(tmp_path)
    assert (found.adapter, found.stands_on) == (True, None)


def test_a_folder_without_models_is_said(tmp_path: Path) -> None:
    with pytest.raises(LocalFile, match="No model in"):
        discover(tmp_path)


def test_a_name_comes_from_the_folders_or_the_department(tmp_path: Path) -> None:
    found = model_folder(model(tmp_path / "x"), "Finance/Big Model v2")
    assert name_for(found, None) == "finance/big-model-v2"
    assert name_for(found, "hr") == "hr/big-model-v2"
    with pytest.raises(BadReference, match="says no department"):
        name_for(model_folder(tmp_path / "x", "alone"), None)
    assert slug("___") == "model"


def test_a_hub_id_is_looked_up_in_the_cache_of_this_machine(tmp_path: Path) -> None:
    main = cached(tmp_path, "Qwen/Qwen3-0.6B")
    env = {"HF_HOME": str(tmp_path)}
    found = in_hub_cache("Qwen/Qwen3-0.6B", env)
    assert (found.path, found.source) == (main, "Qwen/Qwen3-0.6B")
    assert in_hub_cache("Qwen/Qwen3-0.6B@abc", env).path == main
    assert name_for(found, "platform") == "platform/qwen3-0.6b"
    assert discover(tmp_path)[0].source == "Qwen/Qwen3-0.6B"


def test_what_is_not_in_the_cache_is_not_downloaded(tmp_path: Path) -> None:
    cached(tmp_path, "Qwen/Qwen3-0.6B", ref="other")
    for hub_id in ("Qwen/Qwen3-4B", "Qwen/Qwen3-0.6B@missing"):
        with pytest.raises(LocalFile, match=r"does not download(.|\n)*hf download Qwen/Qwen3"):
            in_hub_cache(hub_id, {"HF_HOME": str(tmp_path)})


def test_the_cache_is_where_the_hubs_clients_keep_it() -> None:
    assert hub_cache({"HF_HUB_CACHE": "/c"}) == Path("/c")
    assert hub_cache({"HF_HOME": "/h"}) == Path("/h/hub")
    assert hub_cache({"XDG_CACHE_HOME": "/x"}) == Path("/x/huggingface/hub")


def test_the_same_files_are_known_by_their_digests(tmp_path: Path) -> None:
    uploads = folder_uploads(model(tmp_path / "m"))
    there = [{"path": each.path, "size": each.size, "digest": sha256_of(each.file)} for each in uploads]
    assert same_files(uploads, [*there, {"path": "model.safetensors.index.json", "size": 1, "digest": "x"}])
    assert not same_files(uploads, [{**there[0], "digest": "sha256:0"}])
    assert not same_files(uploads, [*there, {"path": "more", "size": 1, "digest": "x"}])
