"""Exams in a real browser: the list, a task brought in, one exam, and why a version has its score."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, Visit, visit
from tests.e2e.skills_house import SkillsHouse
from tests.e2e.words import Words

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("skills-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
DOCUMENT = json.dumps({"question": "Where <b>now</b>?", "choices": ["Here.", "There."], "label": 1})


@pytest.fixture
def sam(browser: Browser, skills: SkillsHouse) -> Iterator[Visit]:
    found = visit(browser, skills.url)
    yield found
    found.context.close()
    assert found.faults == []


def test_a_task_is_looked_at_and_brought_in(sam: Visit) -> None:
    page = sam.open("/exams")
    exams = page.get_by_role("table", name="Exams")
    expect(exams.get_by_role("row", name="support/mail")).to_contain_text("Multiple choice by likelihood")
    page.get_by_label("Name of the exam").fill("support/where")
    page.get_by_label("Documents (JSONL").fill(DOCUMENT)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This becomes an exam of 1 questions")).to_be_visible()
    expect(page.get_by_label("First questions")).to_contain_text("Where <b>now</b>?")
    page.get_by_role("button", name="Bring in").click()
    expect(exams.get_by_role("row", name="support/where")).to_be_visible()
    page.get_by_role("status").get_by_role("link", name="support/where").click()
    expect(page).to_have_url(re.compile("exams.support.where"))
    expect(page.get_by_text("Nobody sat this exam yet")).to_be_visible()


def test_an_empty_list_has_one_button_that_leads_to_the_form_on_its_page(sam: Visit) -> None:
    words = Words("en-US")
    page = sam.open("/comparisons")
    page.get_by_role("button", name=words("exams.newComparison")).click()
    expect(page.get_by_role("textbox", name=words("exams.version"))).to_be_focused()
    page.keyboard.type("support/desk@4")
    page = sam.open("/plans")
    page.get_by_role("button", name=words("plans.chooseTemplate")).click()
    expect(page.get_by_role("combobox", name=words("plans.template"))).to_be_focused()
    for path, clean in (("/comparisons?version=finance/books@1", "/comparisons"), ("/plans?state=cancelled", "/plans")):
        page = sam.open(path)
        page.get_by_role("link", name=words("common.clearFilters")).click()
        expect(page).to_have_url(sam.url + clean)


def test_a_task_that_runs_python_is_refused_beside_the_form(sam: Visit) -> None:
    page = sam.open("/exams")
    page.get_by_label("Name of the exam").fill("support/python")
    page.get_by_label("Documents (JSONL").fill(DOCUMENT)
    page.get_by_label("Task (YAML)").fill("task: t\nprocess_docs: !function utils.docs")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("runs Python of its own")
    sam.faults = [fault for fault in sam.faults if "422" not in fault]  # the browser notes every refused request


def test_a_score_is_explained_item_by_item(sam: Visit) -> None:
    page = sam.open("/exams/support/mail")
    runs = page.get_by_role("table", name="Who sat it")
    expect(runs.get_by_role("row", name="support/desk@4")).to_contain_text("n = 200")
    page.get_by_role("link", name="Explain the score of support/desk@4").click()
    expect(page.get_by_role("heading", name="support/desk@4 in support/mail")).to_be_visible()
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name=re.compile("support.desk@1")).click()
    expect(page.get_by_text(re.compile(r"\d+ won and \d+ lost against the chosen run"))).to_be_visible()
    page.get_by_role("radiogroup", name="Outcome").get_by_text(re.compile("^Lost")).click()
    items = page.get_by_role("table", name="Questions and answers")
    expect(items.get_by_role("row").nth(1)).to_contain_text("Lost")
    expect(page).to_have_url(re.compile("against=.*change=lost"))


@pytest.mark.long
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_pages_break_no_rule_of_accessibility(browser: Browser, skills: SkillsHouse, locale: str) -> None:
    if not AXE.exists():
        pytest.skip("the web client's packages are not installed")
    sam = visit(browser, skills.url, locale=locale)
    page = sam.open("/exams")
    expect(page.get_by_role("table").first).to_be_visible()
    assert sam.violations() == []
    page = sam.open("/exams/hr/leave")
    expect(page.get_by_role("table").first).to_be_visible()
    assert sam.violations() == []
    page.get_by_role("table").get_by_role("link", name=re.compile("support.desk@3")).last.click()
    expect(page).to_have_url(re.compile("runs."))
    expect(page.get_by_role("table").first).to_be_visible()
    assert sam.violations() == []
    sam.context.close()
