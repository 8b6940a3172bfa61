"""An endpoint's page in a real browser: trials with live health and verdict, what it runs on, what it keeps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.datasets import exchanges
from aird.datasets import queries as dataset_queries
from aird.deploy import queries
from aird.testing import World
from tests.approval.conftest import Desk as SigningDesk
from tests.deploy.conftest import deploy
from tests.deploy.delivery.conftest import Desk
from tests.e2e.browsing import CHROMIUM, Visit, visit
from tests.e2e.catalog_house import serve
from tests.e2e.conftest import world_of_its_own
from tests.e2e.words import Words

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


def test_a_shadow_compared_by_a_scorer_is_started_from_the_page(sam: Visit, desk: Desk) -> None:
    page = sam.open(PAGE)
    page.get_by_role("button", name="Try a version").click()
    dialog = page.get_by_role("dialog", name="Try a version at support/desk")
    dialog.get_by_text("Shadow", exact=True).click()
    dialog.get_by_label("How those who ask have agreed").fill("Works council, 3 November")
    compares = dialog.get_by_label("Who compares the answers")
    compares.select_option(label="A model of the house")
    expect(dialog.get_by_label("Judging endpoint")).to_be_visible()
    compares.select_option(label="Exam scorer: valid JSON")
    dialog.get_by_label("Form of every answer (JSON Schema)").fill("[]")
    dialog.get_by_role("button", name="Start the trial").click()
    expect(dialog.get_by_text("This is no JSON object.")).to_be_visible()
    compares.select_option(label="Exam scorer: words in common with the wanted answer")
    expect(dialog.get_by_label("Alike within")).to_be_visible()
    compares.select_option(label="Exam scorer: a pattern")
    dialog.get_by_label("Pattern (regular expression)").fill("42")
    dialog.get_by_label("The whole answer has to fit").check()
    assert sam.violations() == []
    dialog.get_by_role("button", name="Start the trial").click()
    expect(page.get_by_role("region", name="Trial")).to_contain_text("Identical answers")
    assert desk.rollout().rules["scoring"] == {"scorer": "regex", "pattern": "42", "whole": True}
    page.get_by_role("button", name="Take back").click()
    dialog = page.get_by_role("dialog", name="Take back")
    dialog.get_by_label("Reason").fill("Enough")
    dialog.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("table", name="Trials")).to_contain_text("Enough")


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


def test_what_it_runs_on_is_chosen_on_its_page_and_engines_are_listed(sam: Visit, desk: Desk) -> None:
    page = sam.open(PAGE)
    engines = page.get_by_role("region", name="Engines")
    expect(engines).to_contain_text("The house's default")
    engines.get_by_role("button", name="Change capacity").click()
    dialog = page.get_by_role("dialog", name="What support/desk runs on")
    dialog.get_by_label("Runtime").select_option("vllm")
    dialog.get_by_label("Engines").fill("2")
    assert sam.violations() == []
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(engines).to_contain_text("vLLM")
    with desk.world.database.read() as session:
        found = queries.get_endpoint(session, "support/desk")
        assert (found.runtime, found.replicas, found.chip) == ("vllm", 2, None)
    page = sam.open("/runtimes")
    expect(page.get_by_role("table", name="Engines that run now")).to_contain_text("hf")
    assert sam.violations() == []


def keep(desk: Desk, completion: str) -> None:
    """An exchange as the gateway keeps it."""
    with desk.world.database.write() as session:
        dataset = dataset_queries.get_dataset(session, "support/desk-feedback")
        asked = [{"role": "user", "content": "Who calls ann@example.com back?"}]
        cleaned = exchanges.clean(completion, desk.old.artifact, desk.old.ref, asked, "The desk calls.")
        exchanges.keep(session, "support/desk", dataset, cleaned, days=30)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_what_is_said_is_kept_once_agreed_to_for_a_while_and_no_longer(
    browser: Browser, desk: Desk, locale: str
) -> None:
    words, sam = Words(locale), visit(browser, desk.url, "sam", locale=locale)
    page = sam.open(PAGE)
    section = page.get_by_role("region", name=words("serving.capture"))
    change = section.get_by_role("button", name=words("serving.captureChange"))
    dialog = page.get_by_role("dialog", name=words("serving.captureOf", name="support/desk"))
    save = dialog.get_by_role("button", name=words("serving.save"), exact=True)
    expect(section).to_contain_text(words("serving.nothing"))
    change.click()
    dialog.get_by_role("checkbox", name=words("serving.keep")).check()
    save.click()
    expect(dialog).to_be_visible()  # not before it is said how people agreed
    dialog.get_by_label(words("serving.agreed")).fill("The staff was told on 1 May")
    dialog.get_by_label(words("serving.days")).fill("30")
    assert sam.violations() == []
    save.click()
    expect(dialog).to_have_count(0)
    expect(section).to_contain_text(words("serving.forDays_other", count=30))
    expect(section).to_contain_text("The staff was told on 1 May")
    expect(section).to_contain_text("support/desk-feedback")

    keep(desk, f"chatcmpl-{locale}")
    page.reload()
    kept = section.get_by_role("table", name=words("serving.exchanges"))
    expect(kept).to_contain_text("The desk calls.")
    expect(kept).not_to_contain_text("ann@example.com")
    assert sam.violations() == []
    change.click()
    dialog.get_by_label(words("serving.days")).fill("7")
    save.click()
    expect(section).to_contain_text(words("serving.forDays_other", count=7))
    expect(section).to_contain_text("The staff was told on 1 May")
    expect(kept).to_be_visible()

    change.click()
    dialog.get_by_role("checkbox", name=words("serving.keep")).uncheck()
    number = "one" if locale == "en-US" else "other"  # Chinese has one form for all numbers
    dialog.get_by_role("checkbox", name=words(f"serving.erase_{number}", count=1)).check()
    save.click()
    expect(dialog).to_have_count(0)
    expect(section).to_contain_text(words("serving.nothing"))
    expect(kept).to_have_count(0)
    with desk.world.database.read() as session:
        assert queries.get_endpoint(session, "support/desk").capture_days is None
    sam.context.close()
    assert sam.faults == []


def test_who_only_uses_an_endpoint_sees_what_it_keeps_and_changes_nothing(browser: Browser, desk: Desk) -> None:
    desk.world.set_password("lin")
    lin = visit(browser, desk.url, "lin")
    page = lin.open(PAGE)
    section = page.get_by_role("region", name="Questions and answers that are kept")
    expect(section).to_contain_text("Keeps exchanges")
    expect(section.get_by_role("button")).to_have_count(0)
    lin.context.close()
    assert lin.faults == []


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_personnel_file_tells_where_the_model_worked_before(browser: Browser, desk: Desk, locale: str) -> None:
    deploy(desk.world, "support/desk", desk.new)  # the last tests of this house: nothing is tried beside it any more
    words, sam = Words(locale), visit(browser, desk.url, "sam", locale=locale)
    page = sam.open("/models/support/a")
    before = page.get_by_role("table", name=words("deploy.worked"))
    expect(before.get_by_role("row")).to_have_count(2)
    expect(before.get_by_role("link", name="support/desk")).to_be_visible()
    expect(page.get_by_text(words("deploy.worksNowhere"))).to_be_visible()
    sam.open("/models/support/b")
    expect(page.get_by_role("link", name="support/desk").first).to_be_visible()
    expect(page.get_by_role("table", name=words("deploy.worked"))).to_have_count(0)
    sam.context.close()
    assert sam.faults == []
