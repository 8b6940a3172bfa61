"""Two tabs of one person and a server that goes and comes back: what is on the page stays true."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from aird.jobs.messages import Log
from tests.e2e.browsing import CHROMIUM, Visit, visit
from tests.e2e.journeys_house import JourneysHouse
from tests.e2e.studio_house import learnt
from tests.e2e.words import Words

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("journeys"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
WORDS = Words("en-US")


@pytest.fixture
def rita(browser: Browser, journeys: JourneysHouse) -> Iterator[Visit]:
    found = visit(browser, journeys.url, "rita")
    yield found
    found.context.close()


def beside(found: Visit, path: str) -> Page:
    """Another tab of the same person; headless pages are all in sight."""
    page = found.context.new_page()
    page.goto(found.url + path)
    return page


def test_what_is_said_in_one_tab_is_seen_in_the_other(rita: Visit, journeys: JourneysHouse) -> None:
    path = f"/approvals/{journeys.found['approval']}"
    first = rita.open(path)
    second = beside(rita, path)
    talk = WORDS("approval.conversation")
    for page in (first, second):
        expect(page.get_by_role("log", name=talk)).to_be_visible()
    first.get_by_role("textbox", name=WORDS("approval.addComment")).fill("Said in the first tab.")
    first.get_by_role("button", name=WORDS("approval.send"), exact=True).click()
    expect(second.get_by_role("log", name=talk)).to_contain_text("Said in the first tab.")
    assert rita.faults == []


def test_a_person_who_signs_out_in_one_tab_is_out_in_the_other(rita: Visit) -> None:
    first = rita.open("/models")
    second = beside(rita, "/")
    expect(second.get_by_role("heading", level=1)).to_be_visible()
    first.get_by_role("button", name=WORDS("shell.account", name="Rita")).click()
    first.get_by_role("menuitem", name=WORDS("shell.signOut")).click()
    expect(first.get_by_role("heading", name=WORDS("auth.signIn"))).to_be_visible()
    expect(second.get_by_role("heading", name=WORDS("auth.signIn"))).to_be_visible()


def test_a_server_that_comes_back_finds_the_page_as_it_was_and_tells_it_the_rest(
    browser: Browser, journeys: JourneysHouse
) -> None:
    job = journeys.order("Through a restart")
    journeys.begin(job)
    journeys.say(job, learnt(1, 3.0), Log("before the restart"))
    sam = visit(browser, journeys.url)
    page = sam.open(f"/jobs/{job}")
    log = page.get_by_role("log")
    expect(log).to_contain_text("before the restart")
    expect(page.get_by_text(WORDS("jobs.connection.live"))).to_be_visible()
    journeys.stop()
    expect(page.get_by_text(WORDS("jobs.connection.reconnecting"))).to_be_visible()
    expect(log).to_contain_text("before the restart")
    journeys.say(job, learnt(10, 2.0), Log("while it was away"))
    journeys.start()
    expect(page.get_by_text(WORDS("jobs.connection.live"))).to_be_visible()
    expect(log).to_contain_text("while it was away")
    journeys.say(job, learnt(20, 1.0), Log("after it came back"))
    expect(log).to_contain_text("after it came back")
    sam.faults.clear()  # the browser notes every connection that failed meanwhile
    page = sam.open("/jobs")  # still signed in
    expect(page.get_by_role("heading", level=1)).to_contain_text(WORDS("shell.pages.jobs"))
    page.goto(f"{sam.url}/jobs/{job}")
    for line in ("before the restart", "while it was away", "after it came back"):
        expect(page.get_by_role("log")).to_contain_text(line)
    sam.context.close()
    assert sam.faults == []
