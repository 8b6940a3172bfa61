"""Pulling against a server that breaks off, sends wrong bytes, or names files that would leave their folder."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aird.client import Client, ConnectionFailed, DigestMismatch, LocalFile
from tests.client.stand_in import Reply, StandIn

VERSION = "/api/v1/models/a/b/versions/1"
DATA = bytes(range(256)) * 512


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def offer(server: StandIn, *, data: bytes = DATA, path: str = "model.safetensors", say: str | None = None) -> None:
    """A version of one file; its bytes are answered by the test."""
    file = {"path": path, "size": len(data), "digest": say or digest(data)}
    version = {"ref": "a/b@1", "name": "a/b", "version": 1, "digest": digest(b"manifest"), "files": [file]}
    server.on("GET", VERSION, version)


def content(*answers: Any) -> tuple[Any, ...]:
    return ("GET", f"{VERSION}/content/model.safetensors", *answers)


def ranged(call: Any) -> Reply:
    start = int(call.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
    return Reply(DATA[start:], 206 if start else 200, "application/octet-stream")


def cut(at: int) -> Reply:
    return Reply([DATA[:at]], 200, "application/octet-stream", cut=True)


def test_a_download_that_breaks_off_goes_on_behind_the_last_byte(
    server: StandIn, client: Client, tmp_path: Path
) -> None:
    offer(server)
    server.on(*content(cut(1000), ranged))
    client.versions.get("a/b@1").pull(tmp_path / "b")
    assert (tmp_path / "b" / "model.safetensors").read_bytes() == DATA
    asked = [call.headers.get("range") for call in server.calls if "content" in call.path]
    assert asked == [None, "bytes=1000-"]


def test_a_pull_that_was_given_up_leaves_no_folder_and_the_next_one_goes_on(
    server: StandIn, client: Client, tmp_path: Path
) -> None:
    offer(server)
    server.on(*content(cut(1000), server.problem(403, "gated")))
    with pytest.raises(Exception, match="Because"):
        client.versions.get("a/b@1").pull(tmp_path / "b")
    assert not (tmp_path / "b").exists()
    server.on(*content(ranged))
    seen: list[int] = []
    client.versions.get("a/b@1").pull(tmp_path / "b", on_progress=lambda _path, count: seen.append(count))
    assert (seen[0], sum(seen)) == (1000, len(DATA))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b"]


def test_a_server_that_knows_no_ranges_sends_it_all_again(server: StandIn, client: Client, tmp_path: Path) -> None:
    offer(server)
    server.on(*content(cut(1000), Reply(DATA, 200, "application/octet-stream")))
    client.versions.get("a/b@1").pull(tmp_path / "b")
    assert (tmp_path / "b" / "model.safetensors").read_bytes() == DATA


def test_what_an_earlier_try_left_damaged_is_fetched_anew(server: StandIn, client: Client, tmp_path: Path) -> None:
    offer(server)
    version = client.versions.get("a/b@1")
    partial = tmp_path / f".b.{digest(b'manifest')[7:23]}.partial"
    partial.mkdir()
    (partial / "model.safetensors").write_bytes(b"y" * 500)
    server.on(*content(ranged))
    version.pull(tmp_path / "b")
    assert (tmp_path / "b" / "model.safetensors").read_bytes() == DATA


@pytest.mark.parametrize("wrong", [b"x" * len(DATA), DATA + b"more"])
def test_other_bytes_than_the_digest_says_never_become_a_folder(
    server: StandIn, client: Client, tmp_path: Path, wrong: bytes
) -> None:
    offer(server)
    server.on(*content(Reply(wrong, 200, "application/octet-stream")))
    with pytest.raises(DigestMismatch):
        client.versions.get("a/b@1").pull(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_server_that_always_breaks_off_is_given_up(server: StandIn, client: Client, tmp_path: Path) -> None:
    offer(server)
    server.on(*content(Reply([], 200, "application/octet-stream", cut=True)))
    with pytest.raises(ConnectionFailed):
        client.versions.get("a/b@1").pull(tmp_path / "b")
    assert len([call for call in server.calls if "content" in call.path]) == 5


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", "..", "a\\..\\evil"])
def test_a_file_that_would_leave_its_folder_is_refused_before_anything_is_written(
    server: StandIn, client: Client, tmp_path: Path, path: str
) -> None:
    offer(server, path=path)
    with pytest.raises(DigestMismatch, match="leave its folder"):
        client.versions.get("a/b@1").pull(tmp_path / "in" / "b")
    assert list(tmp_path.iterdir()) == []


def test_two_pulls_into_one_folder_are_told_of_each_other(
    server: StandIn, client: Client, connect: Callable[..., Client], tmp_path: Path
) -> None:
    offer(server)
    said: list[str] = []

    def meanwhile(call: Any) -> Reply:
        with Client(server.url, "t") as other, pytest.raises(LocalFile) as caught:
            other.versions.get("a/b@1").pull(tmp_path / "b")
        said.append(caught.value.message)
        return ranged(call)

    server.on(*content(meanwhile))
    client.versions.get("a/b@1").pull(tmp_path / "b")
    assert "Another program" in said[0]


def test_an_empty_file_is_a_file_too(server: StandIn, client: Client, tmp_path: Path) -> None:
    offer(server, data=b"")
    client.versions.get("a/b@1").pull(tmp_path / "b")
    assert (tmp_path / "b" / "model.safetensors").read_bytes() == b""
