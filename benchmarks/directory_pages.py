"""The directory in a real browser with many models: first paint, rows in the document, longest task while scrolling.

    python -m benchmarks.directory_pages [--models 10000] [--versions 20] [--quick]

Rows are written straight into a fresh SQLite database. Needs Debian's chromium and the built pages.
"""

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import insert, select

from aird.catalog.models import Model, Version
from aird.core.db import Database
from aird.server.app import create_app
from aird.server.migrate import upgrade
from aird.testing import PASSWORD, World, test_settings

CHUNK = 2_000
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((each) => each.duration)))
  .observe({ type: "longtask", buffered: true });
localStorage.setItem("aird.signed-in", "1");
"""


def fill(world: World, models: int, versions: int) -> None:
    """Copies of one model and its version under other names; the columns are those of the tables."""
    first = world.version("support/model-000000")
    with world.database.write() as session:
        model = dict(
            session.execute(select(Model.__table__).where(Model.__table__.c.id == first.model_id)).mappings().one()
        )
        version = dict(
            session.execute(select(Version.__table__).where(Version.__table__.c.id == first.id)).mappings().one()
        )
    for start in range(1, models, CHUNK):
        named: list[dict[str, Any]] = []
        numbered: list[dict[str, Any]] = []
        for place in range(start, min(start + CHUNK, models)):
            one = model | {"id": uuid.uuid4(), "name": f"support/model-{place:06}", "title": f"Model {place:06}"}
            named.append(one | {"latest_number": versions})
            for number in range(1, versions + 1):
                digest = f"sha256:{place * (versions + 1) + number:064x}"
                numbered.append(
                    version | {"id": uuid.uuid4(), "model_id": one["id"], "number": number, "artifact": digest}
                )
        with world.database.write() as session:
            session.execute(insert(Model), named)
            session.execute(insert(Version), numbered)


@contextmanager
def served(world: World) -> Iterator[str]:
    """The address of a server of this world in a thread of this process."""
    world.set_password("sam")
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.state.stopping = True
        server.should_exit = True
        thread.join(20)


def measure(page: Page, url: str) -> dict[str, float]:
    """Load the directory, then scroll through it."""
    started = time.perf_counter()
    page.goto(f"{url}/models")
    page.get_by_role("rowheader").first.wait_for()
    shown = time.perf_counter() - started
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
    page.mouse.move(640, 500)
    page.evaluate("window.longTasks.length = 0")
    for _ in range(30):
        page.mouse.wheel(0, 2500)
        page.wait_for_timeout(60)
    tasks = page.evaluate("window.longTasks")
    return {
        "first_contentful_paint_ms": round(paint),
        "first_row_ms": round(1000 * shown),
        "rows_in_document": page.get_by_role("rowheader").count(),
        "longest_task_while_scrolling_ms": round(max(tasks, default=0)),
    }


def main() -> int:
    """Fill, serve, look twice (the second time with a warm cache), print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="200 models with two versions")
    asked = parser.parse_args()
    models, versions = (200, 2) if asked.quick else (asked.models, asked.versions)
    folder = Path(tempfile.mkdtemp(prefix="aird-directory-"))
    settings = test_settings(folder)
    upgrade(settings)
    database = Database.open(settings.db_url())
    try:
        world = World(database, settings)
        fill(world, models, versions)
        with served(world) as url, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            context = chromium.new_context(viewport={"width": 1280, "height": 900})
            context.request.post(f"{url}/api/v1/session", data={"username": "sam", "password": PASSWORD})
            context.add_init_script(WATCH)
            for visit in ("cold", "warm"):
                page = context.new_page()
                found = measure(page, url)
                page.close()
                print(json.dumps({"visit": visit, "models": models, "versions": models * versions, **found}))
            chromium.close()
    finally:
        database.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
