"""The frame of every page: palette, keys, bell, tour, help; versions beside each other; the organisation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from aird.auth import queries as auth
from tests.e2e.browsing import CHROMIUM, LOOKS, Visit, visit
from tests.e2e.skills_house import SkillsHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("skills-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
COMPARE = "/compare?ids=support/desk@1&ids=support/desk@4&ids=finance/books@1"


@pytest.fixture
def sam(browser: Browser, skills: SkillsHouse) -> Iterator[Visit]:
    found = visit(browser, skills.url)
    yield found
    found.context.close()
    assert found.faults == []


def heading(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_palette_finds_models_pages_and_actions(sam: Visit) -> None:
    page = sam.open("/")
    heading(page)
    page.keyboard.press("Control+k")
    search = page.get_by_placeholder("A model, a page, something to do")
    search.fill("books")
    page.get_by_role("button", name=re.compile("finance.books")).click()
    expect(page).to_have_url(re.compile("/models/finance/books"))
    page.keyboard.press("Control+k")
    search.fill("lineage of nothing")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    search.fill("compare")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/compare"))


def test_keys_lead_to_pages_and_walk_lists_but_not_while_somebody_types(sam: Visit) -> None:
    page = sam.open("/")
    heading(page)
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("/models$"))
    search = page.get_by_role("searchbox", name="Search")
    search.click()
    page.keyboard.type("gj")
    expect(search).to_have_value("gj")
    expect(page).to_have_url(re.compile("/models"))
    page.keyboard.press("Escape")
    sam.open("/help")
    expect(page.get_by_role("table", name="Keys")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/org$"))


def test_the_bell_tells_what_waits_and_is_read_once(browser: Browser, skills: SkillsHouse) -> None:
    skills.world.set_password("mei")
    found = visit(browser, skills.url, "mei")
    page = found.open("/")
    page.get_by_role("button", name=re.compile("^Notices: ")).click()
    window = page.get_by_role("dialog", name="Notices")
    expect(window.get_by_text("Waits for a signature:").first).to_be_visible()
    window.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Notices", exact=True)).to_be_visible()
    window.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/(approvals|requests)/"))
    found.context.close()
    assert found.faults == []


def test_the_tour_goes_through_real_pages_and_is_offered_once(sam: Visit) -> None:
    page = sam.open("/")
    page.get_by_role("button", name="Start the tour").click()
    expect(page).to_have_url(re.compile("/models$"))
    expect(page.locator("[data-touring]")).to_have_count(1)
    for _ in range(4):
        page.get_by_role("dialog").get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("/approvals"))
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    sam.open("/")
    heading(page)
    expect(page.get_by_role("heading", name="Budgets")).to_be_visible()
    expect(page.get_by_role("button", name="Start the tour")).to_have_count(0)


def test_versions_stand_beside_each_other_with_skills_facts_and_answers(sam: Visit) -> None:
    page = sam.open(COMPARE)
    skills = page.get_by_role("table", name="Skills")
    expect(skills.get_by_role("columnheader")).to_have_count(4)
    expect(skills.get_by_text("best").first).to_be_visible()
    expect(page.get_by_role("table", name="Configuration and cost")).to_be_visible()
    expect(page.get_by_text(re.compile("25 of .* questions"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Copy as")).click()
    expect(page.locator("pre[aria-label=cli]")).to_contain_text("aird models get support/desk@4")
    page.get_by_text("curl", exact=True).click()
    expect(page.locator("pre[aria-label=curl]")).to_contain_text(f"{sam.url}/api/v1/models/support/desk/versions/1")


def test_the_organisation_shows_who_answers_and_what_nobody_answers_for(sam: Visit) -> None:
    page = sam.open("/org")
    expect(page.get_by_role("region", name="Customer support").get_by_text("Lin · ")).to_be_visible()
    expect(page.get_by_role("region", name="Model platform").get_by_text("no lead")).to_be_visible()
    page.get_by_role("button", name="Show models of Finance").click()
    expect(page.get_by_role("link", name="Books", exact=True)).to_be_visible()


def test_an_admin_sees_the_sample_and_takes_it_away_only_by_typing_its_name(
    browser: Browser, skills: SkillsHouse
) -> None:
    with skills.world.database.write() as session:
        auth.get_department(session, "platform").sample = True
    skills.world.set_password("ada")
    found = visit(browser, skills.url, "ada")
    page = found.open("/people?tab=departments")
    page.get_by_role("button", name="Remove the sample").click()
    window = page.get_by_role("dialog", name="Remove the sample")
    expect(window.get_by_role("button", name="Remove the sample")).to_be_disabled()
    window.get_by_label("Type sample to confirm").fill("sample")
    window.get_by_role("button", name="Remove the sample").click()
    expect(page.get_by_text("The sample organisation is gone.")).to_be_visible()
    with skills.world.database.read() as session:
        assert "platform" not in auth.department_keys(session).values()
    found.context.close()
    assert found.faults == []


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_meet_wcag_aa(browser: Browser, skills: SkillsHouse, look: dict[str, Any]) -> None:
    found = visit(browser, skills.url, **look)
    violations = {}
    for path in ("/", "/help", "/org", COMPARE):
        page = found.open(path)
        heading(page)
        page.wait_for_load_state("load")
        expect(page.get_by_role("status")).to_have_count(0)
        if path == COMPARE:
            expect(page.get_by_role("table")).to_have_count(3)  # skills, settings, answers
        violations[path] = found.violations()
    found.page.keyboard.press("Control+k")
    expect(found.page.get_by_role("dialog")).to_be_visible()
    violations["palette"] = found.violations()
    found.context.close()
    assert {path: each for path, each in violations.items() if each} == {}
    assert found.faults == []
