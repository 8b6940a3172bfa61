import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from aird.catalog.intake.inspection import INDEX, BaseFacts, base_facts, inspect, weight_index
from aird.catalog.intake.refusals import IntakeRefused

Edit = Callable[..., None]
EditTensors = Callable[[Path, Callable[[dict[str, Any]], object]], None]


def refused(folder: Path, base: BaseFacts | None = None) -> tuple[str, str]:
    with pytest.raises(IntakeRefused) as refusal:
        inspect(folder, base=base)
    error = refusal.value
    assert (error.status, error.code) == (422, "intake_refused")
    assert len(str(error)) < 700
    assert str(error).isprintable()
    return error.params["reason"], error.params["file"]


def test_a_base_is_taken_with_its_facts(base_folder: Path) -> None:
    intake = inspect(base_folder, base=None)
    assert (intake.kind, intake.architecture, intake.dtype, intake.vocab_size) == ("base", "llama", "F32", 64)
    assert intake.shapes["model.layers.1.self_attn.k_proj"] == (8, 16)
    assert len(intake.shapes) == 14
    assert intake.bytes == sum(f.stat().st_size for f in base_folder.iterdir())
    assert [file.name for file in intake.files] == sorted(os.listdir(base_folder))
    assert BaseFacts.from_facts(json.loads(json.dumps(intake.facts())), "sha256:x") == base_facts(
        base_folder, "sha256:x"
    )


def test_a_fine_tuned_model_of_a_base_is_a_full_model(base_folder: Path) -> None:
    assert inspect(base_folder, base=base_facts(base_folder)).kind == "full"


def test_a_full_model_must_have_its_bases_shapes(base_folder: Path) -> None:
    assert refused(base_folder, BaseFacts("llama", 64, {}, None)) == ("base_shape", "config.json")
    assert inspect(base_folder, base=base_facts(base_folder)).kind == "full"


def test_shards_are_taken_when_every_part_is_there(base_folder: Path, tmp_path: Path) -> None:
    tensors = load_file(base_folder / "model.safetensors")
    (base_folder / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {f"model-0000{n}-of-00002.safetensors": names[n - 1 :: 2] for n in (1, 2)}
    for file, members in parts.items():
        save_file({name: tensors[name] for name in members}, base_folder / file)
    assert weight_index(base_folder) is not None
    (base_folder / INDEX).write_text(json.dumps(weight_index(base_folder)))
    assert inspect(base_folder, base=None).parameters == sum(t.size for t in tensors.values())
    shutil.copy(base_folder / "model-00001-of-00002.safetensors", base_folder / "model.safetensors")
    assert refused(base_folder)[0] == "incomplete"
    (base_folder / "model.safetensors").unlink()
    (base_folder / INDEX).unlink()
    save_file(tensors, base_folder / "model-00002-of-00002.safetensors")
    assert refused(base_folder)[0] == "double_tensor"
    (base_folder / "model-00002-of-00002.safetensors").unlink()
    assert refused(base_folder)[0] == "incomplete"


TRAVERSALS = """../../deptB/secret/model.safetensors /data/deptB/model.safetensors
model-00001-of-00009.safetensors ./model.safetensors sub/model.safetensors http://x/model.safetensors
config.json"""


@pytest.mark.parametrize(
    "target", [*TRAVERSALS.split(), "..\\model.safetensors", "model.safetensors\u0000", "", 7, None]
)
def test_an_index_may_only_name_the_files_beside_it(base_folder: Path, target: object) -> None:
    index = base_folder / "model.safetensors.index.json"
    true = dict.fromkeys(load_file(base_folder / "model.safetensors"), "model.safetensors")
    index.write_text(json.dumps({"weight_map": true}))
    assert inspect(base_folder, base=None).kind == "base"
    index.write_text(json.dumps({"weight_map": true | {"model.norm.weight": target}}))
    assert refused(base_folder) == ("index_outside", "model.safetensors.index.json")
    for wrong in ({}, {"weight_map": []}, {"weight_map": {"model.norm.weight": "model.safetensors"}}):
        index.write_text(json.dumps(wrong))
        assert refused(base_folder)[0] == "bad_index"


FILES = [
    *(
        (name, "code")
        for name in ("modeling.py", "a.pyc", "lib.so", "run.sh", "evil.pth", "x.ipynb", "modeling.py.json")
    ),
    *((f"pytorch_model{end}", "pickle") for end in (".bin", ".pt", ".ckpt", ".pkl", ".joblib", ".npy", ".npz", ".PT")),
    *((name, "pickle") for name in ("training_args.bin", "optimizer.pt", "adapter_model.bin", "model.bin.json")),
    *((f"model{end}", "weights_format") for end in (".gguf", ".h5", ".keras", ".nemo", ".onnx", ".msgpack")),
    *((f"model{end}", "archive") for end in (".zip", ".tar", ".tar.gz", ".7z", ".whl")),
    *(
        (name, "not_on_the_list")
        for name in ("tokenizer.model", "notes.docx", "Config.json", "consolidated.safetensors")
    ),
    *((name, "not_on_the_list") for name in ("model.safetensors.bak", "MODEL.safetensors", "model-1-of-2.safetensors")),
    *(
        (name, "name_hard_to_read")
        for name in (".gitattributes", "a b.json", "-rf", "cоnfig.json", "config.json\u202e")
    ),
    *((name, "name_hard_to_read") for name in ("a\nb", "x..json", "config.json ", "~", "$(touch x)", "config.json.")),
]


@pytest.mark.parametrize(("name", "reason"), FILES)
def test_a_file_that_is_not_on_the_list_is_refused(base_folder: Path, name: str, reason: str) -> None:
    (base_folder / name).write_text("{}")
    assert refused(base_folder)[0] == reason


def test_harmless_companions_are_taken(base_folder: Path) -> None:
    for name in ("README.md", "LICENSE", "NOTICE", "vocab.txt", "merges.txt"):
        (base_folder / name).write_text("some text\n")
    for name in ("special_tokens_map.json", "added_tokens.json", "vocab.json"):
        (base_folder / name).write_text("{}")
    assert len(inspect(base_folder, base=None).files) == 14


MAGIC = [
    *(
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        b"BZh9",
        b"\xfd7zXZ\x00",
        b"7z\xbc\xaf\x27\x1c",
        b"GGUF\x03",
        b"\x89HDF\r\n",
    ),
    *(b"\x93NUMPY", b"\x7fELF", b"MZ\x90", b"#!/bin/sh", b"\x80\x02}", b"\x80\x04\x95", b"\x80\x05", b"Rar!"),
    bytes(257) + b"ustar",
]


@pytest.mark.parametrize("raw", MAGIC)
@pytest.mark.parametrize("name", ["README.md", "config.json", "model.safetensors"])
def test_bytes_that_are_something_else_are_refused_under_any_name(base_folder: Path, name: str, raw: bytes) -> None:
    (base_folder / name).write_bytes(raw + bytes(40))
    assert refused(base_folder) == ("disguised", name)


def test_a_header_length_that_looks_like_a_gzip_is_still_safetensors(base_folder: Path) -> None:
    path = base_folder / "model.safetensors"
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    wanted = int.from_bytes(b"\x1f\x8b\x08", "little")
    path.write_bytes(wanted.to_bytes(8, "little") + raw[8 : 8 + length] + b" " * (wanted - length) + raw[8 + length :])
    assert inspect(base_folder, base=None).kind == "base"


def test_links_folders_and_pipes_are_refused(base_folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.safetensors"
    shutil.move(base_folder / "model.safetensors", secret)
    (base_folder / "model.safetensors").symlink_to(secret)
    assert refused(base_folder) == ("link", "model.safetensors")
    (base_folder / "model.safetensors").unlink()
    (base_folder / "README.md").symlink_to("/dev/zero")
    assert refused(base_folder)[0] == "link"
    (base_folder / "README.md").unlink()
    os.mkfifo(base_folder / "README.md")
    assert refused(base_folder)[0] == "not_a_plain_file"
    (base_folder / "README.md").unlink()
    (base_folder / "original").mkdir()
    assert refused(base_folder) == ("folder", "original")


def test_absurd_amounts_are_refused(base_folder: Path, tmp_path: Path) -> None:
    (base_folder / "chat_template.jinja").write_text("x" * 70_000)
    assert refused(base_folder) == ("too_large", "chat_template.jinja")
    (base_folder / "chat_template.jinja").unlink()
    with (base_folder / "tokenizer.json").open("wb") as stream:
        stream.truncate(49 * 1024 * 1024)
    assert refused(base_folder) == ("too_large", "tokenizer.json")
    for number in range(601):
        (base_folder / f"model-{number:05d}-of-00601.safetensors").touch()
    assert refused(base_folder)[0] == "too_many_files"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(empty)[0] == "empty"


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_whole_model_needs_all_its_parts(base_folder: Path, name: str) -> None:
    (base_folder / name).unlink()
    assert refused(base_folder) == ("incomplete", name)


def _rename(tensors: dict[str, Any], old: str, new: str) -> None:
    tensors[new] = tensors.pop(old)


TENSORS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda t: t.pop("model.norm.weight"), "missing_tensor"),
    (lambda t: t.pop("model.layers.1.mlp.up_proj.weight"), "missing_tensor"),
    (lambda t: _rename(t, "model.norm.weight", "model.norm2.weight"), "missing_tensor"),
    (lambda t: t.update(evil=t["model.norm.weight"]), "extra_tensor"),
    (lambda t: t.update({"model.layers.2.input_layernorm.weight": t["model.norm.weight"]}), "extra_tensor"),
    (lambda t: t.update({"lm_head.weight": t["model.norm.weight"]}), "extra_tensor"),
    (lambda t: t.update({"model.norm.weight": t["model.norm.weight"][:-1]}), "bad_shape"),
    (lambda t: t.update({"model.norm.weight": t["model.norm.weight"].astype("int8")}), "dtype"),
    (lambda t: t["model.norm.weight"].__setitem__(3, float("nan")), "not_finite"),
    (lambda t: t["model.embed_tokens.weight"].__setitem__((63, 15), float("inf")), "not_finite"),
]


@pytest.mark.parametrize(("change", "reason"), TENSORS)
def test_weights_that_do_not_fit_the_configuration_are_refused(
    base_folder: Path, edit_tensors: EditTensors, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    edit_tensors(base_folder / "model.safetensors", change)
    assert refused(base_folder) == (reason, "model.safetensors")


def test_a_stored_copy_of_a_shared_head_is_taken(base_folder: Path, edit_tensors: EditTensors) -> None:
    edit_tensors(
        base_folder / "model.safetensors",
        lambda t: t.update({"lm_head.weight": t["model.embed_tokens.weight"]}),
    )
    assert "lm_head" not in inspect(base_folder, base=None).shapes
