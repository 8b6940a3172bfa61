from pathlib import Path

import pytest

from aird.client import Client
from aird.client.uploads import NothingToUpload, Upload, folder_uploads
from tests.client.stand_in import StandIn

VERSIONS = "/api/v1/models/support/agent/versions"


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    return folder


def test_the_files_of_a_folder_keep_their_relative_paths(tmp_path: Path) -> None:
    write(tmp_path, "config.json", "sub/extra.json", ".git/config", ".hidden", "__pycache__/x.pyc")
    assert [each.path for each in folder_uploads(tmp_path)] == ["config.json", "sub/extra.json"]


def test_links_are_followed_as_in_a_hub_cache(tmp_path: Path) -> None:
    blob = write(tmp_path, "blobs/1") / "blobs/1"
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot/config.json").symlink_to(blob)
    assert [each.size for each in folder_uploads(tmp_path / "snapshot")] == [blob.stat().st_size]


def test_an_empty_folder_is_nothing_to_upload(tmp_path: Path) -> None:
    with pytest.raises(NothingToUpload, match="no files"):
        folder_uploads(tmp_path)
    with pytest.raises(NothingToUpload, match="not a folder"):
        folder_uploads(tmp_path / "missing")


def test_a_version_is_sent_as_one_multipart_body(server: StandIn, client: Client, tmp_path: Path) -> None:
    server.on("POST", VERSIONS, {"ref": "support/agent@1"})
    write(tmp_path, "config.json", "sub/extra.json")
    assert client.versions.add("support/agent", tmp_path, base="support/base@1", license=None) == {
        "ref": "support/agent@1"
    }
    (call,) = server.calls
    assert call.parts() == [
        ("base", None, b"support/base@1"),
        ("files", "config.json", b"content of config.json"),
        ("files", "sub/extra.json", b"content of sub/extra.json"),
    ]
    assert int(call.headers["content-length"]) == len(call.body)


def test_a_large_file_is_read_piece_by_piece(server: StandIn, client: Client, tmp_path: Path) -> None:
    server.on("POST", VERSIONS, {})
    (tmp_path / "model.safetensors").write_bytes(b"x" * 1_000_000)
    sent: list[int] = []
    client.versions.add("support/agent", tmp_path, on_sent=sent.append)
    assert sum(sent) == 1_000_000
    assert max(sent) <= 64 * 1024


def test_a_data_set_is_sent_with_its_card(server: StandIn, client: Client, tmp_path: Path) -> None:
    server.on("POST", "/api/v1/datasets/support/faq/versions", {"number": 1})
    write(tmp_path, "train.jsonl")
    client.datasets.add("support/faq", [Upload(tmp_path / "train.jsonl", "train.jsonl")], card="# FAQ")
    assert [part[:2] for part in server.calls[0].parts()] == [("card", None), ("files", "train.jsonl")]


def test_an_empty_file_is_sent_too(server: StandIn, client: Client, tmp_path: Path) -> None:
    server.on("POST", VERSIONS, {})
    (tmp_path / "empty").touch()
    client.versions.add("support/agent", tmp_path)
    assert server.calls[0].parts() == [("files", "empty", b"")]
