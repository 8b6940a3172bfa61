"""Approvals, the audit log and the pages of rules in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import AXE, CHROMIUM, visit
from tests.e2e.skills_house import SkillsHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("skills-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@pytest.fixture(scope="module", autouse=True)
def passwords(skills: SkillsHouse) -> None:
    skills.world.set_password("noor")


def test_an_auditor_recomputes_the_chain_in_the_browser(browser: Browser, skills: SkillsHouse) -> None:
    noor = visit(browser, skills.url, "noor")
    page = noor.open("/audit?event=approval.")
    expect(page.get_by_text("approval.approval.asked").first).to_be_visible()
    page.get_by_role("button", name="Verify here").click()
    expect(page.get_by_text("Verified in your browser: nothing was changed")).to_be_visible()
    page.get_by_label("Heads that you noted yourself").fill("1 " + "f" * 64)
    page.get_by_role("button", name="Verify here").click()
    expect(page.get_by_text("Entry 1 is not the one that was noted elsewhere.")).to_be_visible()
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("menuitem", name="What is filtered (CSV)")
    expect(link).to_have_attribute("href", re.compile(r"form=csv&event=approval\."))
    noor.context.close()
    assert noor.faults == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_pages_of_rules_break_no_rule_of_accessibility(browser: Browser, skills: SkillsHouse, locale: str) -> None:
    if not AXE.exists():
        pytest.skip("the web client's packages are not installed")
    found = visit(browser, skills.url, locale=locale)
    for path in (f"/approvals/{skills.approval}", "/gates", "/comparisons", "/access", "/prices"):
        found.open(path)
        found.settled()
        assert found.violations() == [], path
    noor = visit(browser, skills.url, "noor", locale=locale)
    noor.open("/audit")
    noor.settled()
    assert noor.violations() == []
    for each in (found, noor):
        each.context.close()
        assert each.faults == []
