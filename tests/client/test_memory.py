"""What a machine remembers of uploads under way."""

import os
from pathlib import Path

from aird.client.memory import KEPT_SECONDS, Memory
from aird.client.uploads import folder_uploads


def test_what_was_begun_is_known_again_until_it_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    uploads, env = folder_uploads(tmp_path / "m"), {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    Memory("http://a", "a/b", uploads, env).note("config.json", "/api/v1/uploads/1")
    again = Memory("http://a", "a/b", uploads, env)
    assert again.begun == {"config.json": "/api/v1/uploads/1"}
    assert Memory("http://a", "a/c", uploads, env).begun == {}
    os.utime(tmp_path / "m" / "config.json", (1, 1))
    assert Memory("http://a", "a/b", folder_uploads(tmp_path / "m"), env).begun == {}
    again.forget()
    assert Memory("http://a", "a/b", uploads, env).begun == {}


def test_what_cannot_be_read_or_is_old_is_nothing(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    memory = Memory("http://a", "a/b", [], env)
    memory.note("x", "y")
    memory.file.write_text("[1]")
    assert Memory("http://a", "a/b", [], env).begun == {}
    old = memory.file.with_name("old.json")
    old.write_text("{}")
    os.utime(old, (1, 1))
    assert KEPT_SECONDS < 10**9
    memory.forget()
    assert list(memory.file.parent.iterdir()) == []


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory("http://a", "a/b", [], {"XDG_CACHE_HOME": str(tmp_path / "file")})
    memory.note("x", "y")
    assert memory.begun == {"x": "y"}
    memory.forget()
