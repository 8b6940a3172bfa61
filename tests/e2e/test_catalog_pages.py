"""The catalog in a real browser: directory, personnel file, family, both languages, both colour schemes."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import AXE, CHROMIUM, LOOKS, Visit, visit
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
    assert found.faults == []


def rows(page: Page) -> Any:
    return page.get_by_role("table", name="Directory").get_by_role("rowheader")


def test_the_directory_is_searched_and_narrowed_and_the_address_says_how(sam: Visit) -> None:
    page = sam.open("/models")
    expect(rows(page).first).to_contain_text("Clerk 000")
    page.keyboard.press("/")
    page.keyboard.type("mail")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"search=mail"))
    page.get_by_role("searchbox", name="Search").fill("")
    facets = page.get_by_role("navigation", name="Narrow the list")
    facets.get_by_role("button", name=re.compile("^legal")).click()
    expect(rows(page)).to_have_count(2)
    facets.get_by_role("button", name=re.compile("^People")).click()
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"tag=legal.*department=hr|department=hr.*tag=legal"))
    page.reload()
    expect(rows(page)).to_have_text([re.compile("Helper")])
    expect(facets.get_by_role("button", name=re.compile("^legal"))).to_have_attribute("aria-pressed", "true")


def test_a_saved_view_comes_back(sam: Visit) -> None:
    page = sam.open("/models?tag=legal&look=cards")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Name for what is shown now").fill("Legal ones")
    page.get_by_role("button", name="Save", exact=True).click()
    page = sam.open("/models")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("link", name="Legal ones").click()
    expect(page).to_have_url(re.compile(r"tag=legal.*look=cards"))
    expect(page.get_by_role("list", name="Directory").get_by_role("listitem")).to_have_count(2)


def test_a_long_table_holds_only_the_rows_in_sight_and_is_walked_by_keys(sam: Visit) -> None:
    page = sam.open("/models")
    rows(page).first.get_by_role("link").focus()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Clerk 001")).to_be_focused()
    for _ in range(12):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(100)
    expect(page.get_by_role("link", name=re.compile("Mail|Calls")).first).to_be_visible()
    assert rows(page).count() < 60


def test_nothing_found_offers_the_way_back(sam: Visit) -> None:
    page = sam.open("/models?search=zzzz")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Clear filters").last.click()
    expect(rows(page).first).to_be_visible()


def test_a_hostile_card_is_shown_and_does_nothing(sam: Visit) -> None:
    page = sam.open("/models/hr/helper")
    card = page.get_by_role("region", name="Card")
    expect(card.get_by_role("heading", name="A card with traps")).to_be_visible()
    expect(card.get_by_text("picture: tracker")).to_be_visible()
    card.get_by_text("press me").click()
    assert page.evaluate("window.caught") is None
    assert card.locator("img, iframe, script, form, style, [onerror]").count() == 0
    link = card.get_by_role("link", name="link")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert card.get_by_role("link").count() == 1


def test_two_versions_are_compared_and_files_opened_by_their_address(sam: Visit) -> None:
    page = sam.open("/models/hr/helper?tab=versions&against=hr/helper@1")
    scores = page.get_by_role("table", name="Scores").get_by_role("row", name="hr/exam")
    expect(scores).to_contain_text("better")
    expect(page.get_by_role("region", name="Changes of chat_template.jinja")).to_contain_text("+{% for m in messages")
    page = sam.open("/models/hr/helper?tab=files&path=adapter_model.safetensors")
    tensors = page.get_by_role("table", name="Tensors")
    expect(tensors.get_by_role("rowheader")).to_have_count(8)
    page.get_by_label("Filter by name or type").fill("layers.1.")
    expect(tensors.get_by_role("rowheader")).to_have_count(4)
    page.get_by_role("link", name="adapter_config.json", exact=True).click()
    expect(page.get_by_label("adapter_config.json").get_by_text('"r": 4')).to_be_visible()


def test_a_file_shows_its_skills_first_and_technical_facts_to_those_who_ask(sam: Visit) -> None:
    page = sam.open("/models/hr/helper")
    expect(page.get_by_role("table", name="Skills").get_by_role("row", name="hr/exam")).to_contain_text("%")
    changed = page.get_by_text("Changed modules")
    expect(changed).to_have_count(0)
    page.get_by_role("button", name="Technical details").click()
    expect(changed).to_be_visible()


def test_an_alias_has_a_history_and_a_past(sam: Visit) -> None:
    page = sam.open("/models/hr/helper?tab=aliases")
    history = page.get_by_role("table", name="History of an alias")
    expect(history.get_by_role("row", name=re.compile("First try"))).to_contain_text("hr/helper@1")
    expect(history.get_by_role("row", name=re.compile("answers better"))).to_contain_text("hr/helper@2")
    when = page.get_by_label("Where did staging point at this time?")
    when.fill((datetime.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    expect(page.get_by_text("staging pointed at")).to_contain_text("hr/helper@2")


def test_an_alias_moves_with_a_reason(sam: Visit) -> None:
    page = sam.open("/models/support/mail?tab=aliases")
    page.get_by_role("combobox", name="Alias", exact=True).fill("canary")
    page.get_by_role("combobox", name="Version").click()
    page.get_by_role("option", name="support/mail@1").click()
    page.get_by_label("Reason").fill("A first look")
    page.get_by_role("button", name="Move an alias").click()
    moved = page.get_by_role("table", name="Aliases", exact=True).get_by_role("row", name=re.compile("canary"))
    expect(moved).to_contain_text("A first look")


def test_a_large_family_is_folded_and_says_what_is_left_out(sam: Visit) -> None:
    page = sam.open("/models/platform/base?tab=lineage")
    graph = page.get_by_role("region", name="Family of platform/base@1")
    fold = graph.get_by_role("button", name=re.compile(r"\+\d+ × Adapter"))
    expect(fold).to_be_visible()
    said = page.get_by_test_id("left-out")
    expect(said).to_contain_text("folded into groups")
    expect(said).to_contain_text("at most 200 versions")
    assert page.workers, "the layout is worked out beside the page"
    fold.click()
    expect(said).to_contain_text("generations: 200")
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_role("table", name="Family").get_by_role("rowheader")).to_have_count(200)
    page.get_by_role("button", name="Find out").click()
    expect(page.get_by_text(re.compile(r"Versions made from this one: 30\d"))).to_be_visible()


def test_relatives_are_asked_for_one_by_one(sam: Visit) -> None:
    page = sam.open("/models/finance/merged?tab=lineage")
    graph = page.get_by_role("region", name="Family of finance/merged@1")
    expect(graph.get_by_role("link", name="finance/clerk-001@1")).to_be_visible()
    graph.get_by_role("button", name="Show the relatives of platform/base@1").click()
    expect(graph.get_by_role("button", name=re.compile(r"\+\d+ × Adapter"))).to_be_visible()


PAGES = [
    "/models", "/models?look=cards", "/models/hr/helper", "/models/hr/helper?tab=versions&against=hr/helper@1",
    "/models/hr/helper?tab=aliases", "/models/finance/merged?tab=lineage", "/models/platform/base?tab=lineage",
    "/models/hr/helper?tab=skills", "/models/hr/helper?tab=training",
    "/models/hr/helper?tab=files&path=adapter_model.safetensors", "/models/hr/helper?tab=access",
    "/models/hr/helper?tab=use", "/register",
]  # fmt: skip
UNTRANSLATED = re.compile(r"\b(access|catalog|common|directory|family|personnel|register)\.[a-z][A-Za-z.]+")


@pytest.mark.long
@pytest.mark.skipif(not AXE.exists(), reason="the web tools are not installed")
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_translated_and_keeps_to_itself(
    browser: Browser, catalog: CatalogHouse, look: dict[str, Any]
) -> None:
    found = visit(browser, catalog.url, **look)
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page = found.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found.settled()
        expect(page.get_by_role("status", name=re.compile("Loading|正在加载"))).to_have_count(0)
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        words = UNTRANSLATED.findall(page.inner_text("body"))
        wrong[path] = [*found.violations(), *words, *([f"{width} px too wide"] if width > 0 else [])]
    found.context.close()
    assert {path: problems for path, problems in wrong.items() if problems} == {}
    assert found.faults == []
