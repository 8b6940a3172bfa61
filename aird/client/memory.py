"""What this machine remembers of uploads under way, so that a program that was killed goes on where it was.

One small file per folder and model in the user's cache (XDG_CACHE_HOME, ~/.cache); it names no secret, and losing it
costs an upload's progress and nothing else.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from aird.client.uploads import Upload

KEPT_SECONDS = 14 * 24 * 3600
"""Longer than a server keeps an upload that nobody goes on with."""


class Memory:
    """The uploads that were begun for these files, by path: the address of each at the server."""

    def __init__(self, server: str, model: str, uploads: Sequence[Upload], env: Mapping[str, str] = os.environ) -> None:
        parts = [server, model]
        for each in uploads:
            stat = each.file.stat()
            parts += [each.path, str(stat.st_size), str(stat.st_mtime_ns)]
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
        self.file = Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "aird" / "uploads" / f"{key}.json"
        self.begun = self._read()

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
            return {str(path): str(address) for path, address in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def note(self, path: str, address: str) -> None:
        """An upload was begun."""
        self.begun[path] = address
        with contextlib.suppress(OSError):  # a cache that cannot be written makes an upload forgetful, not impossible
            self.file.parent.mkdir(parents=True, exist_ok=True)
            new = self.file.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(self.begun), encoding="utf-8")
            new.replace(self.file)

    def forget(self) -> None:
        """All is filed, or has to be sent anew."""
        self.begun = {}
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)
            for each in self.file.parent.iterdir():  # of uploads that nobody came back to
                if time.time() - each.stat().st_mtime > KEPT_SECONDS:
                    each.unlink()
