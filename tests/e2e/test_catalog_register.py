"""A model is registered in a real browser: chosen, checked, sent in pieces, taken up after a reload, filed, refused."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsing import CHROMIUM, Visit, visit
from tests.e2e.catalog_house import CatalogHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("catalog-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@pytest.fixture
def sam(browser: Browser, catalog: CatalogHouse) -> Iterator[Visit]:
    found = visit(browser, catalog.url)
    yield found
    found.context.close()


def choose_files(page: Page, folder: Path) -> None:
    page.locator("input[type=file]").last.set_input_files(sorted(folder.iterdir()))


def name_it(page: Page, title: str) -> None:
    page.get_by_role("combobox", name="Department").click()
    page.get_by_role("option", name="Customer support").click()
    page.get_by_label("Title").fill(title)


def state_of(page: Page, path: str) -> Any:
    return page.get_by_role("table", name="Files to register").get_by_role("row", name=re.compile(re.escape(path)))


def test_a_model_is_registered_and_what_must_not_go_stays_behind(
    sam: Visit, catalog: CatalogHouse, tmp_path: Path
) -> None:
    folder = shutil.copytree(catalog.folder / "base", tmp_path / "model")
    (folder / "modeling.py").write_text("print('no')")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Uploaded\n")
    page = sam.open("/register")
    name_it(page, "Uploaded by hand")
    choose_files(page, folder)
    expect(state_of(page, "modeling.py")).to_contain_text("Program code is not taken in")
    state_of(page, "model.safetensors").get_by_role("button", name="Tensors", exact=True).click()
    expect(page.get_by_role("table", name="Tensors")).to_contain_text("model.embed_tokens.weight")
    expect(page.get_by_label("Licence")).to_have_value("mit")
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("button", name="File as a version").click()
    expect(page.get_by_role("status")).to_contain_text("support/uploaded-by-hand@1 is on file")
    page.get_by_role("link", name="Open its personnel file").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Uploaded by hand")
    assert sam.faults == []


def test_an_upload_goes_on_after_a_reload(sam: Visit, catalog: CatalogHouse) -> None:
    page = sam.open("/register")
    name_it(page, "Taken up again")
    choose_files(page, catalog.folder / "base")
    held: list[Route] = []

    def let_three_go(route: Route) -> None:
        pieces = sum(1 for method, _ in sam.requests if method == "PATCH")
        if route.request.method == "PATCH" and pieces > 3:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", let_three_go)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("On the server")).to_have_count(3)
    while not held:
        page.wait_for_timeout(50)
    page.unroute("**/api/v1/uploads/*")
    page.reload()
    expect(page.get_by_text("An upload to support/taken-up-again was not finished")).to_be_visible()
    page.get_by_role("button", name="Go on with it").click()
    sam.requests.clear()
    choose_files(page, catalog.folder / "base")
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("button", name="File as a version").click()
    expect(page.get_by_role("status")).to_contain_text("support/taken-up-again@1 is on file")
    asked = [(method, path) for method, path in sam.requests if "/uploads" in path]
    files = len(list((catalog.folder / "base").iterdir()))
    assert sum(1 for method, _ in asked if method == "HEAD") >= 4, "what was begun is asked for"
    assert sum(1 for method, _ in asked if method == "POST") <= files - 4, "what was begun is not begun again"


def test_a_refusal_of_the_intake_stands_at_its_file_with_what_to_do(
    sam: Visit, catalog: CatalogHouse, tmp_path: Path
) -> None:
    folder = shutil.copytree(catalog.folder / "base", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "modeling.Model"}}))
    page = sam.open("/register")
    name_it(page, "Refused")
    choose_files(page, folder)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("button", name="File as a version").click()
    expect(page.get_by_role("alert").first).to_contain_text("config.json")
    expect(state_of(page, "config.json").first).to_contain_text("auto_map")
    expect(page.get_by_role("button", name="Choose other files")).to_be_visible()
