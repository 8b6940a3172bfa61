"""A lead's need in a real browser: four steps by keyboard alone, the offer, the order, the delivery; on a phone too."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, THEMES, Visit, visit
from tests.e2e.conftest import world_of_its_own
from tests.e2e.requests_house import RequestsHouse, requests_house
from tests.e2e.words import Words

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("request-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def house(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestsHouse]:
    folder = tmp_path_factory.mktemp("requests")
    with world_of_its_own(empty_database, folder) as world, requests_house(world, folder / "models") as found:
        yield found


@pytest.fixture
def lin(browser: Browser, house: RequestsHouse) -> Iterator[Visit]:
    found = visit(browser, house.url, "lin")
    yield found
    found.context.close()
    assert found.faults == []


@pytest.fixture
def sam(browser: Browser, house: RequestsHouse) -> Iterator[Visit]:
    found = visit(browser, house.url, "sam")
    yield found
    found.context.close()
    assert found.faults == []


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus."""
    wanted.wait_for()
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def write(page: Page, wanted: Locator, text: str) -> None:
    tab_to(page, wanted)
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """The button of this name, by keyboard."""
    tab_to(page, page.get_by_role("button", name=name, exact=True))
    page.keyboard.press("Enter")


def ask(page: Page, house: RequestsHouse, words: Words, title: str, need: str, message: str) -> list[str]:
    """From an empty form to a sent request that is talked about, and no button is clicked; what each page said."""
    seen: list[str] = []
    write(page, page.get_by_role("textbox", name=words("common.title")), title)
    write(page, page.get_by_role("textbox", name=words("requests.need")), need)
    for place, (question, answer) in enumerate(
        [("Invoice?", "desk 1"), ("Password?", "desk 2"), ("年假？", "desk 3")], 1
    ):
        write(page, page.get_by_role("textbox", name=words("requests.questionN", n=place)), question)
        write(page, page.get_by_role("textbox", name=words("requests.answerN", n=place)), answer)
    write(page, page.get_by_role("textbox", name=words("requests.volume")), "1000")
    seen.append(page.locator("body").inner_text())
    press(page, words("requests.keepAndTry"))
    expect(page.get_by_role("region", name=words("requests.step.matches"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"draft=\d+&step=matches"))
    expect(page.get_by_role("link", name=words("requests.jobPage"))).to_be_visible()
    seen.append(page.locator("body").inner_text())
    house.try_versions()
    mail = page.get_by_role("button", name="support/mail@1")
    tab_to(page, mail)
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name=words("requests.why"))).to_contain_text(
        words.like("requests.said.answers", items=3)
    )
    table = page.get_by_role("table", name=words("requests.answersOf", version="support/mail@1"))
    expect(table).to_contain_text("desk 1")
    seen.append(page.locator("body").inner_text())
    press(page, words("requests.seeOffer"))
    train = page.get_by_role("radio", name=re.compile(words("requests.way.train")))
    expect(page.get_by_role("list", name=words("requests.unknown"))).to_contain_text(words("requests.said.no_today"))
    tab_to(page, page.locator("input[type=radio]:not([disabled])").first)
    page.keyboard.press("Space")
    for _ in range(6):
        if train.is_checked():
            break
        page.keyboard.press("ArrowDown")
    expect(train).to_be_checked()
    seen.append(page.locator("body").inner_text())
    press(page, words("requests.toConfirm"))
    expect(page.get_by_role("region", name=words("requests.step.confirm"))).to_contain_text(words("requests.way.train"))
    seen.append(page.locator("body").inner_text())
    press(page, words("requests.send"))
    expect(page.get_by_text(words("requests.waits.order"))).to_be_visible()
    write(page, page.get_by_role("textbox", name=words("requests.message")), message)
    press(page, words("requests.say"))
    expect(page.get_by_role("paragraph").filter(has_text=message)).to_be_visible()
    return [*seen, page.locator("body").inner_text()]


def test_a_lead_comes_from_a_need_to_a_sent_request_by_keyboard_alone(lin: Visit, house: RequestsHouse) -> None:
    page = lin.open("/requests/new")
    ask(page, house, Words("en-US"), "Sort the mail", "Say which desk a mail belongs to.", "We need it by Monday.")


def test_the_staff_orders_what_was_chosen_with_one_click(sam: Visit) -> None:
    page = sam.open("/requests")
    page.get_by_role("link", name=re.compile("Sort the mail")).click()
    page.get_by_role("button", name="Order the work").click()
    expect(page.get_by_text("Next: the work ends and its result is proposed")).to_be_visible()
    expect(page.get_by_role("link", name="Job page").first).to_be_visible()


def test_what_is_delivered_is_tried_and_accepted_with_its_key_and_snippet(lin: Visit, house: RequestsHouse) -> None:
    house.deliver(1)
    page = lin.open("/requests/1")
    delivery = page.get_by_role("region", name="Delivery")
    expect(delivery.locator("a[href='/endpoints/support/desk']")).to_be_visible()
    expect(delivery.get_by_text("support/desk", exact=True)).to_be_visible()
    expect(delivery.get_by_text("base_url=")).to_be_visible()
    delivery.get_by_role("button", name="Accept").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Accept")).click()
    expect(page.get_by_text("It works at")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("#1 Sort the mail")


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_pages_of_a_request_keep_to_the_rules_in_both_languages_and_themes(
    browser: Browser, house: RequestsHouse, locale: str, theme: str
) -> None:
    assert AXE.exists(), "web/node_modules is missing: run `npm ci` in web/"
    found = visit(browser, house.url, "lin", locale=locale, color_scheme=theme, viewport=PHONE)
    for path in ("/requests", "/requests/new", "/requests/1"):
        page = found.open(path)
        page.get_by_role("heading", level=1).wait_for()
        found.settled()
        assert found.violations() == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways on a phone"
    found.context.close()


def test_a_lead_asks_in_chinese_by_keyboard_alone_and_reads_no_english(browser: Browser, house: RequestsHouse) -> None:
    found = visit(browser, house.url, "lin", locale="zh-CN")
    page = found.open("/requests/new")
    seen = ask(page, house, Words("zh-CN"), "邮件分拣", "说出每封邮件属于哪个服务台。", "请在周一之前完成。")
    found.context.close()
    assert found.faults == []
    english = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")
    assert [english.findall(text) for text in seen] == [[]] * 6
