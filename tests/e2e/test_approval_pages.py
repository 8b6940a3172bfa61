"""Approvals, the audit log and the pages of rules in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from aird.audit import queries as audit_queries
from aird.audit import service as audit
from aird.auth.permissions import SYSTEM
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


@pytest.fixture(scope="module", autouse=True)
def passwords(skills: SkillsHouse) -> None:
    for username in ("noor", "lin", "mei"):
        skills.world.set_password(username)


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
def test_the_audit_log_of_long_names_fits_a_laptop(browser: Browser, skills: SkillsHouse, locale: str) -> None:
    words, long = Words(locale), "support/" + "a-model-with-a-long-name-" * 3 + "@1"
    with skills.world.database.write() as session:
        audit.record(session, SYSTEM, f"test.{'long_' * 8}event.recorded", SYSTEM, reason=f"Replaced {long}.", of=long)
    noor = visit(browser, skills.url, "noor", locale=locale)
    page = noor.open("/audit?event=test.")
    table = page.get_by_role("table", name=words("audit.audit"))
    expect(table).to_contain_text(long)
    scrolls = "table => table.parentElement.scrollWidth > table.parentElement.clientWidth"
    assert not table.evaluate(scrolls)
    table.get_by_role("row").nth(1).locator("summary").click()
    expect(table.locator("pre").first).to_contain_text(long)
    assert not table.evaluate(scrolls)
    left(noor)


@pytest.mark.long
@pytest.mark.parametrize("locale", LANGUAGES)
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


def said(page: Page, words: Words) -> Locator:
    return page.get_by_role("log", name=words("approval.conversation"))


def left(*visits: Visit) -> None:
    for each in visits:
        each.context.close()
        assert each.faults == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_changes_are_asked_for_talked_about_and_asked_for_again(
    browser: Browser, skills: SkillsHouse, locale: str
) -> None:
    words = Words(locale)
    mei, lin = (visit(browser, skills.url, who, locale=locale) for who in ("mei", "lin"))
    signing = mei.open(f"/approvals/{skills.approval}")
    signing.get_by_role("button", name=words("approval.requestChanges"), exact=True).click()
    dialog = signing.get_by_role("dialog", name=words("approval.requestChanges"))
    dialog.get_by_label(words("common.reason")).fill(f"Leave is forgotten ({locale})")
    dialog.get_by_role("button", name=words("common.confirm", what=words("approval.requestChanges"))).click()
    waits = signing.get_by_role("alert", name=words("approval.changesWanted"), exact=True)
    expect(waits).to_contain_text(words("approval.changesWantedHint"))
    expect(said(signing, words)).to_contain_text(f"Leave is forgotten ({locale})")
    expect(signing.get_by_role("button", name=words("approval.approve"), exact=True)).to_have_count(0)

    asking = lin.open(f"/approvals/{skills.approval}")
    send = asking.get_by_role("button", name=words("approval.send"), exact=True)
    expect(send).to_be_disabled()
    comment = asking.get_by_role("textbox", name=words("approval.addComment"))
    comment.fill("Nobody asks about leave here.\n<b>Really</b>")
    send.click()
    expect(said(asking, words)).to_contain_text("<b>Really</b>")
    expect(comment).to_have_value("")
    asking.get_by_role("button", name=words("approval.renew"), exact=True).click()
    dialog = asking.get_by_role("dialog", name=words("approval.renew"))
    assert lin.violations() == []
    dialog.get_by_label(words("approval.otherVersion")).fill("99")
    dialog.get_by_label(words("common.reason")).fill("It is for the mail desk.")
    confirm = dialog.get_by_role("button", name=words("common.confirm", what=words("approval.renew")))
    confirm.click()
    expect(asking.get_by_role("alert").filter(has_text=words("errors.version_not_found")).first).to_be_visible()
    expect(dialog.get_by_label(words("common.reason"))).to_have_value("It is for the mail desk.")
    dialog.get_by_label(words("approval.otherVersion")).fill("")
    confirm.click()
    expect(dialog).to_have_count(0)
    steps = said(asking, words)
    expect(steps).to_contain_text(words("approval.step.renewed"))
    expect(steps).to_contain_text("It is for the mail desk.")
    expect(asking.get_by_text(words("state.approval.pending")).first).to_be_visible()
    lin.faults.remove(next(each for each in lin.faults if "404" in each))  # the browser's note of version 99

    signing.reload()
    expect(signing.get_by_role("button", name=words("approval.approve"), exact=True)).to_be_enabled()
    left(mei, lin)


def test_who_only_reads_an_approval_neither_speaks_nor_renews(browser: Browser, skills: SkillsHouse) -> None:
    noor = visit(browser, skills.url, "noor")
    page = noor.open(f"/approvals/{skills.approval}")
    expect(said(page, Words("en-US"))).to_contain_text("asked for it")
    expect(page.get_by_role("textbox", name="Add a comment")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    left(noor)


def test_each_rule_of_the_gate_is_explained_beside_its_numbers(browser: Browser, skills: SkillsHouse) -> None:
    words, mei = Words("en-US"), visit(browser, skills.url, "mei")
    gates = mei.open(f"/approvals/{skills.approval}").get_by_role("table", name=words("approval.gates"))
    forgot = gates.get_by_role("row").filter(has_text="hr/leave")
    expect(forgot).to_contain_text("Not passed")
    expect(forgot).to_contain_text("against support/desk@3")
    expect(forgot).to_contain_text(words("approval.reasons.too_low"))
    better = gates.get_by_role("row").filter(has_text=words("measure.better"))
    expect(better).to_contain_text("support/mail")
    expect(better).to_contain_text("> 0")
    expect(better).to_contain_text(words("approval.reasons.reached"))
    left(mei)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_gate_is_made_of_rules_and_changed_with_a_reason(browser: Browser, skills: SkillsHouse, locale: str) -> None:
    words, sam = Words(locale), visit(browser, skills.url, locale=locale)
    name = f"leave-{locale.lower()}"
    page = sam.open("/gates")
    page.get_by_role("button", name=words("exams.newGate")).click()
    dialog = page.get_by_role("dialog", name=words("exams.newGate"))
    dialog.get_by_role("textbox", name=words("exams.gateName")).fill(name)
    dialog.get_by_label(words("common.department")).select_option("hr")
    first = dialog.get_by_role("group", name=words("exams.ruleNumber", number=1))
    first.get_by_label(words("exams.exam")).fill("hr/nothing")
    first.get_by_label(words("exams.atLeast")).fill("65")
    dialog.get_by_role("button", name=words("exams.addRule")).click()
    second = dialog.get_by_role("group", name=words("exams.ruleNumber", number=2))
    second.get_by_label(words("exams.measure")).select_option("max_drop")
    second.get_by_label(words("exams.reference")).fill("support/desk@3")
    second.get_by_label(words("exams.margin")).fill("2")
    assert sam.violations() == []
    dialog.get_by_role("button", name=words("exams.saveGate"), exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(words("errors.gate_refused"))
    first.get_by_label(words("exams.exam")).fill("hr/leave")
    page.keyboard.press("Escape")  # the list of exams that the field offers
    dialog.get_by_role("button", name=words("exams.saveGate"), exact=True).click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("table", name=words("exams.gates")).get_by_role("row", name=name)
    expect(row).to_contain_text(f"{words('measure.score')} · hr/leave ≥ 65%")
    expect(row).to_contain_text(f"{words('measure.max_drop')} · {words('exams.everyExam')}")
    expect(row).to_contain_text("support/desk@3")

    row.get_by_role("button", name=words("exams.changeGateWhich", name=name)).click()
    dialog = page.get_by_role("dialog", name=name)
    dialog.get_by_role("button", name=words("exams.removeRule", number=2)).click()
    dialog.get_by_label(words("exams.atLeast")).fill("70")
    save = dialog.get_by_role("button", name=words("exams.saveGate"), exact=True)
    save.click()
    expect(dialog).to_be_visible()  # not without a reason
    dialog.get_by_label(words("common.reason")).fill("Two in three are too few")
    save.click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("hr/leave ≥ 70%")
    expect(row).not_to_contain_text("support/desk@3")
    with skills.world.database.read() as session:
        entries = audit_queries.entries(session, event="evaluation.gate.changed")
    assert "Two in three are too few" in [each.reason for each in entries]
    sam.faults[:] = [each for each in sam.faults if "404" not in each and "422" not in each]
    left(sam)
