"""A job's page in a real browser: watched live, replayed, searched, stopped, resumed, cloned; the job never notices."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from aird.jobs import events
from aird.jobs.messages import Log
from aird.jobs.models import EventKind
from tests.e2e.browsing import AXE, CHROMIUM, LOOKS, Visit, visit
from tests.e2e.studio_house import StudioHouse, learnt

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("studio-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
LONG = 20_000


@pytest.fixture
def sam(browser: Browser, studio: StudioHouse) -> Iterator[Visit]:
    found = visit(browser, studio.url)
    yield found
    found.context.close()
    assert found.faults == []


def chart(page: Page, told: str) -> Any:
    return page.get_by_role("img", name=re.compile(re.escape(told)))


def test_a_job_is_watched_live_and_its_history_is_there_when_the_page_is_opened_again(
    sam: Visit, studio: StudioHouse
) -> None:
    job = studio.order("Watched")
    studio.begin(job)
    studio.say(job, learnt(1, 3.0), learnt(10, 2.5, held_out_loss=2.75, memory=6e8), Log("first line"))
    page = sam.open(f"/jobs/{job}")
    expect(chart(page, "Loss: from 3 to 2.5, lowest 2.5, over steps 1 to 10.")).to_be_visible()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("live")
    studio.say(job, learnt(20, 1.5, held_out_loss=1.75, seconds_left=75), Log("second line"))
    expect(chart(page, "Loss: from 3 to 1.5")).to_be_visible()
    expect(chart(page, "Held-out loss: from 2.75 to 1.75")).to_be_visible()
    expect(page.get_by_text("1 min 15 sec")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("second line")
    sam.open("/jobs")
    studio.say(job, learnt(30, 1.25), Log("while nobody looked"))
    sam.open(f"/jobs/{job}")
    expect(chart(page, "Loss: from 3 to 1.25, lowest 1.25, over steps 1 to 30.")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("first line")
    expect(page.get_by_role("log")).to_contain_text("while nobody looked")
    page.get_by_role("button", name="Show as table").click()
    table = page.get_by_role("table", name="Measured over the steps")
    expect(table.get_by_role("row", name="20")).to_contain_text("1.75")
    assert studio.state(job) == "running"


def test_a_log_is_searched_its_errors_stay_in_sight_and_it_is_saved_whole(
    sam: Visit, studio: StudioHouse, tmp_path: Path
) -> None:
    job = studio.order("Talkative")
    studio.begin(job)
    lines = [Log(f"line {number}") for number in range(300)]
    lines[120] = Log("RuntimeError: the third shard is missing")
    studio.say(job, *lines)
    page = sam.open(f"/jobs/{job}")
    log = page.get_by_role("log")
    expect(log).to_contain_text("line 299")
    expect(log).not_to_contain_text("line 40")
    page.get_by_role("searchbox", name="Search the log").fill("LINE 29")
    expect(page.get_by_text("11 of 300 lines")).to_be_visible()
    expect(log).to_contain_text("line 290")
    page.get_by_role("searchbox", name="Search the log").fill("")
    pinned = page.get_by_role("region", name="Errors in the log")
    pinned.get_by_role("button", name="RuntimeError: the third shard is missing").click()
    expect(log).to_contain_text("line 119")
    expect(log).not_to_contain_text("line 299")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the log").click()
    assert saved.value.path().read_text().splitlines() == [each.line for each in lines]


def test_a_long_log_is_all_there_and_only_what_is_in_sight_is_in_the_page(sam: Visit, studio: StudioHouse) -> None:
    job = studio.order("Long")
    studio.begin(job)
    with studio.world.database.write() as session:
        events.append(session, job, [(EventKind.LOG, {"line": f"row {n}", "stream": "log"}) for n in range(LONG)])
    page = sam.open(f"/jobs/{job}")
    expect(page.get_by_text("20,000 lines")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text(f"row {LONG - 1}")
    assert page.get_by_role("log").locator("div > div").count() < 200
    page.get_by_role("searchbox", name="Search the log").fill("row 12345")
    page.get_by_role("button", name="show").click()
    expect(page.get_by_role("log")).to_contain_text("row 12344")


def test_a_recipe_is_taken_elsewhere_and_a_clone_opens_in_its_studio(sam: Visit, studio: StudioHouse) -> None:
    job = studio.order("Cloned")
    page = sam.open(f"/jobs/{job}")
    recipe = page.get_by_role("region", name="Recipe")
    expect(recipe.locator("pre")).to_contain_text("kind: Train")
    recipe.get_by_text("Command line").click()
    expect(recipe.locator("pre")).to_contain_text("aird train - <<'RECIPE'")
    page.get_by_role("link", name="Clone").click()
    expect(page).to_have_url(re.compile("/studio/training"))
    expect(page.get_by_role("textbox", name="Steps", exact=True)).to_have_value("40")
    expect(page.get_by_role("textbox", name="Name")).to_have_value("clerk")


def test_a_job_is_cancelled_and_resumed(sam: Visit, studio: StudioHouse) -> None:
    job = studio.order("Stopped")
    page = sam.open(f"/jobs/{job}")
    expect(page.get_by_text("Why it waits")).to_be_visible()
    page.get_by_role("button", name="Cancel job").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    assert studio.state(job) == "cancelled"
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Queued").first).to_be_visible()
    assert studio.state(job) == "queued"
    page.get_by_role("button", name="Cancel job").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()


def test_a_failure_says_of_which_class_it_is_and_what_to_do(sam: Visit, studio: StudioHouse) -> None:
    job = failed(studio)
    page = sam.open(f"/jobs/{job}")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Out of memory on the chip")
    expect(told).to_contain_text("Clone it with a smaller micro-batch")
    attempts = page.get_by_role("region", name="Attempts and checkpoints")
    expect(attempts).to_contain_text("The last checkpoint is of step 20")
    expect(attempts.get_by_role("rowheader")).to_have_text(["1"])


def failed(studio: StudioHouse) -> Any:
    job = studio.order("Too large")
    studio.begin(job)
    studio.say(job, learnt(1, 3.0), learnt(20, 2.0, checkpoint=20.0), Log("CUDA out of memory"))
    studio.fail(job, "oom", "The chip has 8 GB, the step wanted 9 GB.")
    return job


UNTRANSLATED = re.compile(r"\b(jobs|common|catalog|studio)\.[a-z][A-Za-z.]+|\{\{")


@pytest.mark.long
@pytest.mark.skipif(not AXE.exists(), reason="the web tools are not installed")
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_translated_and_keeps_to_itself(
    browser: Browser, studio: StudioHouse, look: dict[str, Any]
) -> None:
    running = studio.order("Runs")
    studio.begin(running)
    studio.say(running, learnt(1, 3.0), learnt(20, 2.0, held_out_loss=2.2, memory=5e8), Log("one"), Log("two"))
    found = visit(browser, studio.url, **look)
    wrong: dict[str, list[str]] = {}
    for path in ("/jobs", f"/jobs/{running}", f"/jobs/{failed(studio)}"):
        page = found.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if path != "/jobs":
            expect(page.get_by_role("img").first).to_be_visible()
        expect(page.get_by_role("status", name=re.compile("Loading|正在加载"))).to_have_count(0)
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        words = [each.group() for each in UNTRANSLATED.finditer(page.inner_text("body"))]
        wrong[path] = [*found.violations(), *words, *([f"{width} px too wide"] if width > 0 else [])]
    found.context.close()
    assert {path: problems for path, problems in wrong.items() if problems} == {}
    assert found.faults == []
