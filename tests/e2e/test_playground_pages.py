"""The playground in a real browser: blind by keyboard alone, votes beside an acceptance, feedback, who may not."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from aird.datasets.models import FeedbackItem
from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, THEMES, Visit, visit
from tests.e2e.conftest import world_of_its_own
from tests.e2e.playground_house import DELIVERED, PRESENT, QUESTION, PlaygroundHouse, playground_house
from tests.e2e.test_request_pages import PHONE, press, tab_to

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("playground-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
BOTH = f"/playground?compare={DELIVERED}&compare={PRESENT}"


@pytest.fixture(scope="module")
def house(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlaygroundHouse]:
    folder = tmp_path_factory.mktemp("playground")
    with world_of_its_own(empty_database, folder) as world, playground_house(world) as found:
        yield found


@pytest.fixture
def lin(browser: Browser, house: PlaygroundHouse) -> Iterator[Visit]:
    found = visit(browser, house.url, "lin")
    yield found
    found.context.close()
    assert found.faults == []


def letter_of(page: Page, house: PlaygroundHouse) -> str:
    """The letter behind which the delivered version answered: the fake model says its unit."""
    unit = house.mail.artifact.removeprefix("sha256:")[:12]
    card = page.get_by_role("region", name=re.compile("^Answer [AB]")).filter(has_text=unit)
    return (card.locator("strong").text_content() or "")[-1]


def test_a_lead_tries_a_delivery_blind_by_keyboard_alone_and_accepts_it(lin: Visit, house: PlaygroundHouse) -> None:
    page = lin.open("/requests/1")
    tab_to(page, page.get_by_role("link", name="Try it side by side"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Playground")
    expect(page).to_have_url(re.compile("blind=yes"))
    press(page, QUESTION)
    expect(page.get_by_text("Wanted answer: yes")).to_be_visible()
    question = page.get_by_role("group", name="Which answer is best?")
    expect(question).to_be_visible()
    log = page.get_by_role("log")
    expect(log).not_to_contain_text("support/mail@1")
    expect(log).not_to_contain_text("¥")
    press(page, f"{letter_of(page, house)} is better")
    expect(log).to_contain_text("support/mail@1 preferred 1 to 0 over support/books@1")
    expect(log.get_by_role("link", name="support/books@1")).to_be_visible()
    expect(log.get_by_text(re.compile(r"¥.*prompt.*completion.* m?s"))).to_have_count(2)
    tab_to(page, page.get_by_role("link", name="#1 Sort the mail"))
    page.keyboard.press("Enter")
    delivery = page.get_by_role("region", name="Delivery")
    expect(delivery).to_contain_text("Tried side by side: not clear yet which is better")
    press(page, "Accept")
    tab_to(page, page.get_by_role("dialog").get_by_role("button", name=re.compile("Accept")))
    page.keyboard.press("Enter")
    expect(page.get_by_text("It works at")).to_be_visible()
    budgets = page.get_by_role("table", name=f"Budgets that cover {DELIVERED}")
    expect(budgets).to_contain_text(re.compile(r"¥.* of .*¥40"))


def test_answers_stream_side_by_side_with_what_they_cost_and_can_be_corrected(
    lin: Visit, house: PlaygroundHouse
) -> None:
    page = lin.open(BOTH)
    page.get_by_role("textbox", name="Message").fill("A short question")
    page.get_by_role("textbox", name="Message").press("Enter")
    first = page.get_by_role("region", name="Answer A · Help desk · support/mail@1")
    expect(first).to_contain_text(house.mail.artifact.removeprefix("sha256:")[:12])
    expect(first).to_contain_text("7 prompt + 5 completion tokens")
    first.get_by_role("button", name="Bad answer").click()
    first.get_by_role("textbox", name="The answer that was wanted").fill("Monday")
    first.get_by_role("button", name="Send feedback").click()
    expect(first.get_by_role("status")).to_contain_text("Thank you")
    with house.world.database.read() as session:
        item = session.scalars(select(FeedbackItem)).one()
    assert (item.rating, item.correction, item.version) == (-1, "Monday", "support/mail@1")
    assert item.messages == [{"role": "user", "content": "A short question"}]
    page.get_by_role("button", name="No difference").click()
    expect(page.get_by_role("log")).to_contain_text("no difference: 1")


def test_one_model_is_asked_alone_and_stopped_and_the_address_says_who_is_asked(lin: Visit) -> None:
    page = lin.open(f"/playground?compare={PRESENT}")
    expect(page.get_by_role("switch", name=re.compile("Blind"))).to_be_disabled()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("textbox", name="Max. tokens").fill("4000")
    page.get_by_role("textbox", name="Message").fill("slow")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("2 3")
    page.get_by_role("button", name="Stop answering").click()
    expect(page.get_by_role("log")).to_contain_text("Stopped before its end")
    expect(page.get_by_role("group", name="Which answer is best?")).to_have_count(0)
    page.get_by_role("combobox", name="Who is asked").click()
    page.get_by_role("option", name=re.compile("Help desk")).click()
    expect(page).to_have_url(re.compile(r"compare=support%2Fcounter&compare=support%2Fdesk"))
    page.keyboard.press("Escape")
    page.get_by_role("switch", name=re.compile("Blind")).check(force=True)
    expect(page).to_have_url(re.compile("blind=yes"))


def test_an_endpoint_and_a_version_lead_here(lin: Visit) -> None:
    page = lin.open(f"/endpoints/{DELIVERED}")
    page.get_by_role("link", name="Compare in the playground").click()
    expect(page).to_have_url(re.compile(r"/playground\?compare=support%2Fdesk$"))
    page = lin.open("/models/support/books?version=1")
    page.get_by_role("link", name="Try in the playground").click()
    expect(page.get_by_text("Counter (support/counter) · support/books@1")).to_be_visible()


def test_who_may_ask_nobody_is_told_so_and_an_auditor_is_not_led_here(browser: Browser, house: PlaygroundHouse) -> None:
    omar = visit(browser, house.url, "omar")
    page = omar.open("/playground")
    expect(page.get_by_text("Nobody answers yet")).to_be_visible()
    expect(page.get_by_role("link", name="Ask for a model")).to_be_visible()
    assert omar.faults == []
    omar.context.close()
    noor = visit(browser, house.url, "noor")
    page = noor.open("/endpoints")
    noor.settled()
    expect(page.get_by_role("navigation").get_by_role("link", name="Playground")).to_have_count(0)
    noor.context.close()


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_playground_keeps_to_the_rules_in_both_languages_and_themes_on_a_phone(
    browser: Browser, house: PlaygroundHouse, locale: str, theme: str
) -> None:
    assert AXE.exists(), "web/node_modules is missing: run `npm ci` in web/"
    found = visit(browser, house.url, "lin", locale=locale, color_scheme=theme, viewport=PHONE)
    page = found.open(BOTH + "&blind=yes&request=1")
    page.get_by_role("button", name=QUESTION).click()
    page.get_by_role("button", name=re.compile("No difference|没有差别")).click()
    page.get_by_role("status").filter(has_text="support/books@1").wait_for()
    found.settled()
    assert found.violations() == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "it scrolls sideways on a phone"
    assert found.faults == []
    found.context.close()
