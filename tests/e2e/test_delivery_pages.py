"""Trials on an endpoint's page in a real browser: where callers go, live health, verdict, and what a person may do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.testing import World
from tests.approval.conftest import Desk as SigningDesk
from tests.deploy.delivery.conftest import Desk
from tests.e2e.browsing import CHROMIUM, Visit, visit
from tests.e2e.catalog_house import serve
from tests.e2e.conftest import world_of_its_own

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("delivery-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
PAGE = "/endpoints/support/desk"


@pytest.fixture(scope="module")
def desk(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with world_of_its_own(empty_database, tmp_path_factory.mktemp("delivery")) as world:
        found = Desk(world)
        sign(world)
        found.start()
        found.answers(found.old, 300, failed=3)
        found.answers(found.new, 20)
        with serve(world) as url:
            found.url = url
            yield found


def sign(world: World) -> None:
    """A third version, approved by the people who approve."""
    signing = SigningDesk(world)
    with world.database.write() as session:
        auth.give_role(session, SYSTEM, auth.add_person(session, SYSTEM, "rita", "Rita"), Role.STAFF, None)
    signing.approve(signing.ask(signing.candidate("support/third")))


@pytest.fixture
def sam(browser: Browser, desk: Desk) -> Iterator[Visit]:
    found = visit(browser, desk.url, "sam")
    yield found
    found.context.close()
    assert found.faults == []


def test_a_canary_shows_its_share_its_health_and_why_it_waits(sam: Visit) -> None:
    page = sam.open(PAGE)
    route = page.get_by_role("table", name="Where callers go")
    expect(route.get_by_role("row", name="On trial")).to_contain_text("1%")
    expect(route.get_by_role("row", name="Answers")).to_contain_text("99%")
    health = page.get_by_role("table", name="Health beside the baseline")
    expect(health.get_by_role("row", name="Errors")).to_contain_text("3 of 303")
    expect(health.get_by_role("row", name="Errors")).to_contain_text("No sign of harm")
    expect(page.get_by_role("region", name="Trial")).to_contain_text("Running")
    expect(page.get_by_role("table", name="Processes")).to_contain_text("hf")
    expect(page.get_by_role("region", name="Call it from a program")).to_contain_text("OpenAI(")
    assert sam.violations() == []


def test_staff_read_it_in_chinese_and_in_the_dark(browser: Browser, desk: Desk) -> None:
    lin = visit(browser, desk.url, "sam", locale="zh-CN", color_scheme="dark")
    page = lin.open(PAGE)
    expect(page.get_by_role("table", name="调用者的去向")).to_contain_text("试岗中")
    expect(page.get_by_role("table", name="与现任相比的健康状况")).to_contain_text("没有损害迹象")
    assert lin.violations() == []
    assert lin.faults == []
    lin.context.close()


def test_a_share_is_set_by_the_slider_and_the_trial_taken_back_with_a_reason(sam: Visit, desk: Desk) -> None:
    page = sam.open(PAGE)
    slider = page.get_by_role("slider", name="Share of the candidate")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    page.get_by_role("button", name="Give it 2%").click()
    page.get_by_role("dialog").get_by_role("button", name="Give it 2%").click()
    expect(page.get_by_role("table", name="Where callers go").get_by_role("row", name="On trial")).to_contain_text("2%")
    page.get_by_role("button", name="Next step: 10%").click()
    expect(page.get_by_role("table", name="Where callers go").get_by_role("row", name="Answers")).to_contain_text("90%")

    page.get_by_role("button", name="Take back").click()
    dialog = page.get_by_role("dialog", name="Take back")
    dialog.get_by_label("Reason").fill("The answers are rude")
    dialog.get_by_role("button", name="Take back").click()
    trials = page.get_by_role("table", name="Trials")
    expect(trials).to_contain_text("The answers are rude")
    expect(trials).to_contain_text("Taken back")
    trials.get_by_role("button", name="Show trial 1").click()
    expect(page).to_have_url(desk.url + PAGE + "?trial=1")
    expect(page.get_by_role("table", name="What happened")).to_contain_text("Share set")


def test_a_trial_is_started_from_the_page_and_promoted(sam: Visit, desk: Desk) -> None:
    page = sam.open(PAGE)
    page.get_by_role("button", name="Try a version").click()
    dialog = page.get_by_role("dialog", name="Try a version at support/desk")
    dialog.get_by_role("textbox", name="Steps").fill("50, 10")
    dialog.get_by_role("button", name="Start the trial").click()
    expect(dialog).to_contain_text("Write shares that go up")
    dialog.get_by_role("textbox", name="Steps").fill("10, 50")
    assert sam.violations() == []
    dialog.get_by_role("button", name="Start the trial").click()
    expect(page.get_by_role("region", name="Trial")).to_contain_text("not ready")
    page.get_by_role("button", name="Promote").click()
    dialog = page.get_by_role("dialog", name="Promote")
    dialog.get_by_label("Reason").fill("It was tried elsewhere")
    dialog.get_by_role("button", name="Promote").click()
    expect(page.get_by_role("table", name="Trials")).to_contain_text("Passed")
    assert desk.rollout().state == "passed"
