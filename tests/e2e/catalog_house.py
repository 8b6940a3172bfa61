"""A small organisation made in seconds on a real server in this process: what the browser tests of the catalog use.

There is a family with three hundred adapters, an alias with a history, a hostile card, and a folder to register.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from aird.catalog import aliases, licences, search
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Relation, Version, Visibility
from aird.catalog.service import NewVersion, Parent
from aird.server.app import create_app
from aird.testing import World
from tests.catalog.conftest import write_adapter, write_base

ADAPTERS = 300
HOSTILE = """---
license: apache-2.0
language: [en, zh]
tags: [legal]
---
# A card with traps

Harmless **words**, a table and a [link](https://example.org/paper).

| suite | score |
|---|---|
| exam | 0.9 |

<script>window.caught = "script"</script>
<img src="https://evil.example/pixel.png" onerror="window.caught = 'image'">

![tracker](https://evil.example/tracker.png)
[press me](javascript:window.caught='link')

<iframe src="https://evil.example/frame"></iframe>
<div style="position:fixed;inset:0" id="root">Sign in again: <form action="https://evil.example/"></form></div>
"""
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}"


@dataclass
class CatalogHouse:
    """The server's address and what was put in."""

    world: World
    url: str
    folder: Path
    refs: dict[str, str] = field(default_factory=dict)


@contextmanager
def catalog_house(world: World, folder: Path) -> Iterator[CatalogHouse]:
    """Furnish the world, serve it, give it."""
    with serve(world) as url:
        house = CatalogHouse(world, url, folder)
        furnish(house)
        yield house


@contextmanager
def serve(world: World, port: int = 0) -> Iterator[str]:
    """The address of a real server of this world, on a free port unless one is given; sam can sign in."""
    if not port:  # a server that comes back at its port knows sam already
        world.set_password("sam")
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, name="house")
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the server ended while it started"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


def furnish(house: CatalogHouse) -> None:
    """Put in what the tests look at."""
    world, folder = house.world, house.folder
    write_base(folder / "base")
    write_adapter(folder / "adapter")
    base = world.version("platform/base", kind=Kind.BASE, folder=folder / "base", facts={"rank": 0, "dtype": "F32"})
    house.refs["base"] = base.ref
    helper = _helper(world, base, folder / "adapter")
    house.refs["helper"] = helper[-1].ref
    _family(world, base)
    _departments(world, base)
    _tell(world, helper)


def _helper(world: World, base: Version, adapter: Path) -> list[Version]:
    """Three versions of one adapter, the second with another template, the third with a hostile card."""
    files = {
        "adapter_config.json": json.dumps({"r": 4, "base_model_name_or_path": "platform/base"}).encode(),
        "adapter_model.safetensors": (adapter / "adapter_model.safetensors").read_bytes(),
    }
    found = []
    for number, extra in enumerate(
        ({"README.md": b"# First\n"}, {"README.md": b"# Second\n", "chat_template.jinja": TEMPLATE.encode()},
         {"README.md": HOSTILE.encode(), "chat_template.jinja": (TEMPLATE + "!").encode()}),
        start=1,
    ):  # fmt: skip
        facts = {"rank": 4 * number, "target_modules": ["q_proj"]}
        version = world.version("hr/helper", kind=Kind.ADAPTER, base=base, files=files | extra, facts=facts)
        world.score(version, "hr/exam", 0.55 + 0.1 * number)
        world.score(version, "support/exam", 0.4)
        found.append(version)
    return found


def _family(world: World, base: Version) -> None:
    """Three hundred adapters of one base, and one that was merged from two of them."""
    manifest = world.store.put_files({"config.json": b"{}"})
    actor = world.actor("sam")
    made: list[Version] = []
    with world.database.write() as session:
        for number in range(ADAPTERS):
            model = catalog.add_model(
                session, actor, f"finance/clerk-{number:03}", f"Clerk {number:03}", tags=["crowd"]
            )
            new = NewVersion(kind=Kind.ADAPTER, manifest=manifest, parameters=1000 + number, facts={}, base=base)
            made.append(catalog.file_version(session, actor, model, new)[0])
        model = catalog.add_model(session, actor, "finance/merged", "Merged clerk", tags=["merged"])
        parents = [Parent(each, Relation.MERGE, 0.5) for each in made[:2]]
        catalog.file_version(
            session, actor, model,
            NewVersion(kind=Kind.ADAPTER, manifest=manifest, parameters=9, facts={}, base=base, parents=parents),
        )  # fmt: skip


def _departments(world: World, base: Version) -> None:
    """A few models that differ in what they can be found by."""
    for name, score, tags in (
        ("support/mail", 0.9, ["legal"]),
        ("support/calls", 0.5, ["客服"]),
        ("hr/leave", 0.7, []),
    ):
        version = world.version(name, kind=Kind.ADAPTER, base=base)
        world.score(version, "support/exam", score)
        with world.database.write() as session:
            model = catalog_queries.get_model(session, name)
            model.tags = tags
            model.description = "Answers questions about " + name.replace("/", " and ") + "."
            if name == "hr/leave":
                model.visibility = Visibility.PRIVATE
            search.reindex(session, model)


def _tell(world: World, versions: list[Version]) -> None:
    """An alias that moved twice, a licence, a card in the catalog."""
    sam = world.actor("sam")
    for version, reason in zip(versions[:2], ("First try", "The second one answers better"), strict=True):
        with world.database.write() as session:
            found = world.reload(session, version)
            aliases.move(session, sam, found.model, "staging", found, reason=reason)
    with world.database.write() as session:
        found = world.reload(session, versions[-1])
        found.license = "apache-2.0"
        found.card = {"license": "apache-2.0", "language": ["en", "zh"], "tags": ["legal"]}
        found.restrictions = [licences.NOTICE]
        search.reindex(session, found.model)
