"""The Hub inside this process, called as people of the world: for what needs no client and no server."""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from aird.server.app import create_app
from aird.testing import World
from tests.hub.house import ndjson


@dataclass
class Caller:
    """Requests to /hf with a person's token."""

    world: World
    client: TestClient = field(init=False)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        app = create_app(self.world.settings, self.world.database, self.world.store, reconcile=False)
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)

    def __call__(self, method: str, path: str, by: str | None = "sam", **options: Any) -> Response:
        headers = dict(options.pop("headers", {}))
        if by is not None:
            if by not in self.tokens:
                self.tokens[by] = self.world.token(by)
            headers["Authorization"] = f"Bearer {self.tokens[by]}"
        return self.client.request(method, f"/hf{path}", headers=headers, **options)

    def create(self, name: str, **options: Any) -> None:
        """Open a model."""
        department, _, model = name.partition("/")
        answer = self("POST", "/api/repos/create", json={"name": model, "organization": department, **options})
        assert answer.status_code == 200, answer.text

    def commit(self, name: str, *steps: tuple[str, dict[str, Any]], by: str = "sam", **options: Any) -> Response:
        """A commit with these steps; `parent` and `revision` as clients give them."""
        header = {"summary": options.get("summary", "A commit"), "description": ""}
        if "parent" in options:
            header["parentCommit"] = options["parent"]
        body = ndjson(("header", header), *steps)
        path = f"/api/models/{name}/commit/{options.get('revision', 'main')}"
        return self("POST", path, by, content=body, headers={"content-type": "application/x-ndjson"})

    def push(self, name: str, folder: Path, *more: tuple[str, dict[str, Any]], **options: Any) -> Response:
        """A commit of a whole folder, its files inside it."""
        files = [file(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
        return self.commit(name, *files, *more, **options)

    def batch(self, name: str, data: bytes, by: str = "sam") -> dict[str, Any]:
        """What the LFS batch says of one file."""
        wanted = {"oid": sha256(data), "size": len(data)}
        body = {"operation": "upload", "transfers": ["basic", "multipart"], "objects": [wanted]}
        answer = self("POST", f"/{name}.git/info/lfs/objects/batch", by, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["objects"][0]
        return found

    def at(self, address: str) -> str:
        """The path below /hf of an address that the Hub gave."""
        return address.partition("/hf")[2]


def file(path: str, data: bytes) -> tuple[str, dict[str, Any]]:
    """A step of a commit: a file inside it."""
    return "file", {"content": base64.b64encode(data).decode(), "path": path, "encoding": "base64"}


def lfs(path: str, data: bytes) -> tuple[str, dict[str, Any]]:
    """A step of a commit: a file that was uploaded before."""
    return "lfsFile", {"path": path, "algo": "sha256", "oid": sha256(data), "size": len(data)}


def sha256(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()
