"""What staff make in the studio is examined, signed by somebody else and proven by the auditor: in both languages."""

import csv
import json
import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from aird.audit.chain import Link, verify
from tests.e2e.browsing import CHROMIUM, Visit, visit
from tests.e2e.journeys_house import JourneysHouse
from tests.e2e.words import Words

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("journeys"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
REASON = {"en-US": "It knows both desks.", "zh-CN": "两个部门的事它都懂。"}
TITLE = {"en-US": "One for both desks", "zh-CN": "兼任两个部门"}


@dataclass
class Journey:
    """Who goes it, in which language, and what it is about."""

    browser: Browser
    house: JourneysHouse
    words: Words
    name: str

    @property
    def ref(self) -> str:
        return f"platform/{self.name}@1"

    @property
    def link(self) -> re.Pattern[str]:
        """How links name it; a pattern with a slash is none to the browser's selectors."""
        return re.compile(self.ref.replace("/", "."))

    def person(self, username: str) -> Visit:
        return visit(self.browser, self.house.url, username, locale=self.words.locale)

    def to(self, page: Page, place: str) -> None:
        """By the navigation, as people go."""
        menu = page.get_by_role("navigation", name=self.words("shell.navigation"))
        menu.get_by_role("link", name=self.words(f"shell.pages.{place}"), exact=True).click()

    def button(self, within: Page | Locator, key: str, **values: object) -> Locator:
        return within.get_by_role("button", name=self.words(key, **values), exact=True)


@pytest.fixture(params=["en-US", "zh-CN"], scope="module")
def journey(request: pytest.FixtureRequest, browser: Browser, journeys: JourneysHouse) -> Journey:
    words = Words(request.param)
    return Journey(browser, journeys, words, f"both-{words.locale.lower()}")


def left(found: Visit) -> None:
    found.context.close()
    assert found.faults == []


def test_staff_go_from_the_studio_to_a_request_for_a_signature(journey: Journey) -> None:
    words, house, sam = journey.words, journey.house, journey.person("sam")
    page = sam.open("/")
    journey.to(page, "rotation")
    journey.button(page, "rotation.pick").click()
    for ref in ("support/mail@1", "hr/leave@1"):
        journey.button(page, "rotation.add", ref=ref).click()
    weight = page.get_by_role("slider", name=f"{words('rotation.weight')}: hr/leave@1")
    weight.focus()
    for _ in range(1 if words.locale == "en-US" else 2):
        page.keyboard.press("ArrowLeft")
    page.get_by_label(words("common.department")).select_option("platform")
    page.get_by_role("textbox", name=words("register.name")).fill(journey.name)
    page.get_by_role("textbox", name=words("common.title")).fill(TITLE[words.locale])
    journey.button(page, "rotation.runButton").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    job = page.url
    page.close()  # the job belongs to the server: nobody has to watch

    house.work("merge.run")
    sam.page = page = sam.context.new_page()
    sam.watch()
    page.goto(job)
    expect(page.get_by_text(words("state.job.succeeded")).first).to_be_visible()
    expect(page.get_by_role("region", name=words("jobs.log")).get_by_role("log")).not_to_be_empty()
    page.get_by_role("link", name=journey.ref).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE[words.locale])

    journey.to(page, "exams")
    page.get_by_role("row", name="support/exam").get_by_role("link").first.click()
    page.get_by_role("textbox", name=words("exams.version")).fill(journey.ref)
    journey.button(page, "exams.run").click()
    expect(page.get_by_role("status").get_by_role("link")).to_be_visible()
    house.work("evaluation.run")
    runs = page.get_by_role("table", name=words("exams.runs"))
    page.reload()
    expect(runs.get_by_role("row", name=journey.ref)).to_contain_text("n = 12")

    page = sam.open(f"/models/platform/{journey.name}")
    page.get_by_role("link", name=words("catalog.askForDeployment")).first.click()
    page.get_by_role("textbox", name=words("common.title")).fill(TITLE[words.locale])
    page.get_by_role("textbox", name=words("requests.need")).fill(REASON[words.locale])
    page.get_by_role("combobox", name=words("requests.endpoint")).click()
    page.get_by_role("option", name=re.compile("support.desk")).click()
    journey.button(page, "requests.sendForApproval").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE[words.locale])
    expect(page.get_by_text(words("state.request.in_review")).first).to_be_visible()
    journey.to(page, "approvals")
    page.get_by_role("link", name=journey.link).first.click()
    expect(journey.button(page, "approval.approve")).to_be_disabled()
    expect(page.get_by_text(words("approval.mayNot.own_request"))).to_be_visible()
    left(sam)


def test_another_person_signs_what_the_evidence_speaks_for(journey: Journey) -> None:
    words, rita = journey.words, journey.person("rita")
    page = rita.open("/")
    journey.to(page, "approvals")
    page.get_by_role("link", name=journey.link).first.click()
    expect(page.get_by_role("list", name=words("approval.readinessTitle"))).to_contain_text(
        words("approval.readiness.gates_passed")
    )
    gates = page.get_by_role("region", name=words("approval.gates")).get_by_role("table")
    expect(gates).to_contain_text("support/exam")
    expect(page.get_by_role("blockquote")).to_contain_text(REASON[words.locale])
    journey.button(page, "approval.approve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name=words("common.reason")).fill(f"OK {journey.ref}")
    journey.button(dialog, "common.confirm", what=words("approval.approve")).click()
    expect(page.get_by_text(f"OK {journey.ref}").first).to_be_visible()
    expect(page.get_by_text(words("state.approval.approved")).first).to_be_visible()
    page.reload()
    expect(page.get_by_role("region", name=words("approval.decision"), exact=True)).to_contain_text("rita")
    left(rita)


def test_the_auditor_finds_it_proves_the_chain_and_takes_it_away(journey: Journey) -> None:
    words, noor = journey.words, journey.person("noor")
    page = noor.open("/")
    journey.to(page, "audit")
    journey.button(page, "audit.verify").click()
    expect(page.get_by_text(words("audit.sound"))).to_be_visible()
    journey.button(page, "audit.verifyHere").click()
    expect(page.get_by_text(words("audit.soundHere"))).to_be_visible()
    page.get_by_role("searchbox", name=words("audit.event")).fill("approval.")
    page.get_by_role("searchbox", name=words("common.reason")).fill(f"OK {journey.ref}")
    log = page.get_by_role("table", name=words("audit.audit"))
    expect(log.get_by_role("row")).to_have_count(2)
    expect(log).to_contain_text("rita")
    rows = list(csv.reader(saved(journey, page, "audit.exportFoundTable").splitlines()))
    assert len(rows) == 2
    assert any(f"OK {journey.ref}" in cell for cell in rows[1])
    whole = [json.loads(line) for line in saved(journey, page, "audit.exportAll").splitlines()]
    verdict = verify(
        Link(each.pop("seq"), hash=each.pop("hash"), previous=each.pop("previous"), content=each) for each in whole
    )
    assert (verdict.sound, verdict.entries) == (True, len(whole))
    left(noor)


def saved(journey: Journey, page: Page, choice: str) -> str:
    """What this choice of the export menu gives."""
    journey.button(page, "audit.export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=journey.words(choice), exact=True).click()
    return download.value.path().read_text()
