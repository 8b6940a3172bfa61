"""The directory in a real browser with many models: first paint, rows in the document, longest task while scrolling.

    python -m benchmarks.directory_pages [--models 10000] [--versions 20] [--quick]

Rows are written straight into a fresh SQLite database. Needs Debian's chromium and the built pages. Wall seconds say
little on a busy machine: the load average stands beside them, and a last visit is traced for the CPU time of the page's
longest task while scrolling. What the server computes for a list is measured without a browser.
"""

import argparse
import json
import os
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
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert, select

from aird.catalog import search
from aird.catalog.models import Model, Version
from aird.core.db import Database
from aird.server.app import create_app
from aird.server.migrate import upgrade
from aird.testing import PASSWORD, World, test_settings

CHUNK = 2_000
TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
LISTS = {
    "by name": "/api/v1/models?limit=100",
    "by change": "/api/v1/models?limit=100&sort=-updated",
    "search": "/api/v1/models?limit=100&search=model%200042",
    "state": "/api/v1/models?limit=100&state=draft",
    "department": "/api/v1/models?limit=100&department=support",
    "counts": "/api/v1/models/facets",
    "counts of a search": "/api/v1/models/facets?search=model",
    "every version": "/api/v1/versions?limit=100&all=true",
    "skills": "/api/v1/skills?limit=200",
    "organisation": "/api/v1/organisation",
}
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
    search.fill(world.database.sessions)


@contextmanager
def served(world: World) -> Iterator[str]:
    """The address of a server of this world in a thread of this process."""
    app = create_app(world.settings, world.database, world.store)
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
    page.evaluate("window.longTasks.length = 0")
    scroll(page)
    tasks = page.evaluate("window.longTasks")
    return {
        "first_contentful_paint_ms": round(paint),
        "first_row_ms": round(1000 * shown),
        "rows_in_document": page.get_by_role("rowheader").count(),
        "longest_task_while_scrolling_ms": round(max(tasks, default=0)),
    }


def scroll(page: Page) -> None:
    """Thirty turns of the wheel, each further than a screen."""
    page.mouse.move(640, 500)
    for _ in range(30):
        page.mouse.wheel(0, 2500)
        page.wait_for_timeout(60)


def traced(chromium: Browser, page: Page, url: str) -> dict[str, float]:
    """The longest tasks of the page's main thread while scrolling, in milliseconds of wall and of CPU time."""
    page.goto(f"{url}/models")
    page.get_by_role("rowheader").first.wait_for()
    chromium.start_tracing(page=page, categories=TRACED)
    scroll(page)
    events = json.loads(chromium.stop_tracing())["traceEvents"]
    named = [each for each in events if each.get("name") == "thread_name"]
    main = {(each["pid"], each["tid"]) for each in named if each["args"]["name"] == "CrRendererMain"}
    found = [each for each in events if each.get("ph") == "X" and (each["pid"], each["tid"]) in main]
    tasks = [each for each in found if each["name"].endswith("RunTask")]
    return {
        "longest_task_wall_ms": round(max(each["dur"] for each in tasks) / 1000),
        "longest_task_cpu_ms": round(max(each.get("tdur", 0) for each in tasks) / 1000),
    }


def answer(world: World) -> Iterator[dict[str, float | str]]:
    """The server's CPU time for each list, the best of three."""
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.post("/api/v1/session", json={"username": "sam", "password": PASSWORD})
        for name, path in LISTS.items():
            spent = []
            for _ in range(3):
                started = time.process_time()
                size = len(client.get(path).raise_for_status().content)
                spent.append(time.process_time() - started)
            yield {"list": name, "cpu_ms": round(1000 * min(spent), 1), "bytes": size}


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
        world.set_password("sam")
        for figures in answer(world):
            print(json.dumps(figures))
        with served(world) as url, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            context = chromium.new_context(viewport={"width": 1280, "height": 900})
            context.request.post(f"{url}/api/v1/session", data={"username": "sam", "password": PASSWORD})
            context.add_init_script(WATCH)
            for visit in ("cold", "warm"):
                page = context.new_page()
                found = measure(page, url)
                page.close()
                sizes = {"models": models, "versions": models * versions, "load_average": round(os.getloadavg()[0], 1)}
                print(json.dumps({"visit": visit, **sizes, **found}))
            page = context.new_page()
            print(json.dumps({"visit": "traced", **traced(chromium, page, url)}))
            chromium.close()
    finally:
        database.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
