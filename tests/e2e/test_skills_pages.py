"""Skills in a real browser: the matrix, versions beside each other, how skills went, and the gate that reads them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, Visit, visit
from tests.e2e.skills_house import SkillsHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("skills-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@pytest.fixture
def sam(browser: Browser, skills: SkillsHouse) -> Iterator[Visit]:
    found = visit(browser, skills.url)
    yield found
    found.context.close()
    assert found.faults == []


def test_versions_of_the_matrix_are_laid_beside_each_other(sam: Visit) -> None:
    page = sam.open("/skills")
    matrix = page.get_by_role("table", name="Skills matrix")
    expect(matrix.get_by_role("row", name="support/desk@4")).to_contain_text("n = 200")
    expect(matrix.get_by_role("row")).to_have_count(3)  # the head, and the newest of two models
    page.get_by_role("switch", name="Old versions too").click()
    expect(matrix.get_by_role("row")).to_have_count(6)
    for ref in ("support/desk@4", "support/desk@1"):
        page.get_by_role("checkbox", name=f"Compare {ref} with others").check()
    radar = page.get_by_role("img", name=re.compile("Radar of support.desk@4, support.desk@1 over 4 exams"))
    expect(radar).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    table = page.get_by_role("table", name="Scores beside each other")
    expect(table.get_by_role("row", name="hr/leave")).to_contain_text("n = 200")
    expect(page).to_have_url(re.compile("every=yes&with=support"))
    page.reload()
    expect(radar).to_be_visible()


def test_the_matrix_takes_exams_together_by_skill_and_by_slot(sam: Visit) -> None:
    page = sam.open("/skills?by=slot")
    matrix = page.get_by_role("table", name="Skills matrix")
    row = matrix.get_by_role("row", name="support/desk@4")
    expect(row).to_contain_text("n = 800")
    expect(row).to_contain_text("worst: hr/leave")
    page.get_by_role("radiogroup", name="Columns").get_by_text("by skill").click()
    expect(page).to_have_url(re.compile("by=skill"))
    expect(matrix.get_by_role("columnheader")).not_to_have_count(3)
    page.get_by_role("radiogroup", name="Columns").get_by_text("by exam").click()
    expect(matrix.get_by_role("columnheader", name="hr/leave")).to_be_visible()


def test_a_personnel_file_shows_how_each_skill_went(sam: Visit) -> None:
    page = sam.open("/models/support/desk?tab=skills")
    expect(page.get_by_role("img", name=re.compile("Radar of support.desk@4, support.desk@3"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Scores in hr.leave over 4 versions"))).to_be_visible()
    course = page.get_by_role("table", name="Versions in hr/leave")
    expect(course.get_by_role("row", name="support/desk@4")).to_contain_text(
        re.compile(r"\d+ won, \d+ lost against @3")
    )
    page.get_by_role("combobox", name="Exam suite").click()
    page.get_by_role("option", name="support/mail").click()
    expect(page.get_by_role("table", name="Versions in support/mail")).to_be_visible()


def test_a_gate_names_the_skill_that_was_forgotten(sam: Visit, skills: SkillsHouse) -> None:
    page = sam.open(f"/approvals/{skills.approval}")
    gates = page.get_by_role("table", name=re.compile("Gates"))
    worst = gates.get_by_role("row", name="hr/leave")
    expect(worst).to_contain_text("Worst drop of any skill, in points")
    expect(worst).to_contain_text("Not passed")
    expect(worst).to_contain_text("against support/desk@3")
    expect(gates.get_by_role("row", name="support/mail")).to_contain_text("p =")


@pytest.mark.long
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_pages_break_no_rule_of_accessibility(browser: Browser, skills: SkillsHouse, locale: str) -> None:
    if not AXE.exists():
        pytest.skip("the web client's packages are not installed")
    sam = visit(browser, skills.url, locale=locale)
    for path in (
        "/skills?every=yes&with=support/desk@4&with=support/desk@2&with=finance/books@1",
        "/skills?by=slot",
        "/models/support/desk?tab=skills",
        f"/approvals/{skills.approval}",
    ):
        page = sam.open(path)
        expect(page.get_by_role("table").first).to_be_visible()
        assert sam.violations() == [], path
    sam.context.close()
