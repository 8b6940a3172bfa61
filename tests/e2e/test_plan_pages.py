"""Career plans in a real browser: from a template to the board, what stopped and why, what is shared and saved."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, Visit, visit
from tests.e2e.conftest import world_of_its_own
from tests.e2e.plans_house import PlansHouse, plans_house

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("plan-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@pytest.fixture(scope="module")
def plans(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlansHouse]:
    with world_of_its_own(empty_database, tmp_path_factory.mktemp("plans")) as world, plans_house(world) as house:
        yield house


@pytest.fixture
def sam(browser: Browser, plans: PlansHouse) -> Iterator[Visit]:
    found = visit(browser, plans.url)
    yield found
    found.context.close()
    assert found.faults == []


def test_the_list_leads_to_a_board_that_says_what_stopped_and_why(sam: Visit) -> None:
    page = sam.open("/plans")
    row = page.get_by_role("table", name="Career plans").get_by_role("row", name="support/plan")
    expect(row).to_contain_text("Stopped")
    row.get_by_role("link").click()
    expect(page.get_by_text("The plan has stopped")).to_be_visible()
    mail = page.get_by_role("listitem", name="Mail")
    expect(mail).to_contain_text("Not passed")
    expect(mail).to_contain_text("support/mail@1 has 0.72 in support/mail-exam, 0.8 is wanted")
    expect(mail).to_contain_text("used by 2 plans")
    expect(page.get_by_role("listitem", name="lead")).to_contain_text("Waiting")
    matrix = page.get_by_role("table", name="What each stage knows")
    expect(matrix.get_by_role("row", name=re.compile("^Mail "))).to_contain_text("72%")


def test_why_it_stopped_is_read_back_in_chinese(browser: Browser, plans: PlansHouse) -> None:
    sam = visit(browser, plans.url, locale="zh-CN")
    page = sam.open("/plans/support/plan")
    stopped = page.get_by_role("alert").filter(has_text="规划已停止")
    expect(stopped).to_contain_text("阶段 mail：support/mail@1 在 support/mail-exam 中得 0.720，要求 0.800。")
    expect(stopped).not_to_contain_text("Give the stage")
    mail = page.get_by_role("listitem", name="Mail")
    expect(mail).to_contain_text("请给该阶段更多或更好的数据")
    sam.context.close()
    assert sam.faults == []


def test_a_shared_stage_is_marked_and_its_saving_shown(sam: Visit) -> None:
    page = sam.open("/plans/support/other")
    stage = page.get_by_role("listitem", name="first")
    expect(stage).to_contain_text("done by another plan")
    expect(stage.get_by_role("link", name="support/mail@1")).to_be_visible()
    saving = page.get_by_role("region", name="Cost and saving")
    expect(saving).to_contain_text(re.compile(r"Saved by sharing \(time\)\d+ min"))
    expect(page.get_by_role("region", name="Target role")).to_contain_text("it is 72%")


def test_a_plan_is_changed_and_goes_on_without_training_again(sam: Visit, plans: PlansHouse) -> None:
    page = sam.open("/plans/support/plan")
    text = page.get_by_role("textbox", name="Plan as text")
    jobs = len(plans.school.jobs("training.sft"))
    text.fill(text.input_value().replace("at_least: 0.8", "at_least: 0.7").replace("level: 0.8\n", "level: 0.7\n"))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Revision 2")).to_be_visible()
    plans.work()
    page.reload()
    expect(page.get_by_role("listitem", name="lead")).to_contain_text("Passed")
    expect(page.get_by_text("Finished").first).to_be_visible()
    expect(page.get_by_role("region", name="Target role")).to_contain_text("reached")
    assert len(plans.school.jobs("training.sft")) == jobs


def test_a_template_that_names_what_is_not_there_is_refused_beside_it(sam: Visit) -> None:
    page = sam.open("/plans")
    page.get_by_role("combobox", name="Template").click()
    page.get_by_role("option", name="Specialist, then rotation").click()
    expect(page.get_by_role("textbox", name="Plan as text")).to_have_value(re.compile("kind: Plan"))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no suite")
    sam.faults.clear()  # the browser notes the answer of 404 as an error of its own


@pytest.mark.long
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_pages_break_no_rule_of_accessibility(browser: Browser, plans: PlansHouse, locale: str) -> None:
    if not AXE.exists():
        pytest.skip("the web client's packages are not installed")
    sam = visit(browser, plans.url, locale=locale)
    for path in ("/plans", "/plans/support/plan", "/plans/support/other"):
        page = sam.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("textbox")).to_be_visible()
        assert sam.violations() == [], path
    title = {"en-US": "Target role", "zh-CN": "目标岗位"}[locale]
    expect(page.get_by_role("region", name=title)).to_be_visible()
    sam.context.close()
    assert sam.faults == []
