"""The training and the mentoring studio in a real browser: priced before anything runs, then ordered and filed."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import AXE, CHROMIUM, LOOKS, Visit, visit
from tests.e2e.studio_house import StudioHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("studio-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
TRAINING, MENTORING = "/studio/training", "/studio/mentoring"
TRAIN = """apiVersion: aird/v1
kind: Train
spec:
  method: lora
  base: platform/tiny@1
  datasets: [support/mails@1]
  settings: {steps: 3, batch_size: 2, max_length: 64}
"""
DISTILL = """apiVersion: aird/v1
kind: Distill
spec:
  student: hr/leave@1
  teachers: [{version: support/mail@1, dataset: support/mails@1}]
  settings: {steps: 3, batch_size: 2, max_length: 64, max_new_tokens: 4}
"""
PRETRAIN = "kind: Train\nspec: {model: platform/own, method: pretrain, datasets: [support/mails@1]}\n"


@pytest.fixture
def sam(browser: Browser, studio: StudioHouse) -> Iterator[Visit]:
    found = visit(browser, studio.url)
    yield found
    found.context.close()
    assert found.faults == []


def priced(page: Page) -> Any:
    return page.get_by_role("region", name="What it would take")


def yaml(page: Page) -> Any:
    return page.get_by_role("textbox", name="Recipe as YAML")


def place(page: Page, department: str, name: str) -> None:
    page.get_by_label("Department").select_option(department)
    page.get_by_role("textbox", name="Name").fill(name)


def test_a_choice_of_base_and_data_is_priced_before_anything_runs(sam: Visit) -> None:
    page = sam.open(TRAINING)
    expect(page.get_by_text("Choose what it starts from.")).to_be_visible()
    page.get_by_role("combobox", name="Starts from").fill("tiny")
    page.get_by_role("option", name="platform/tiny@1").click()
    page.get_by_role("combobox", name="Add a data set").click()
    page.get_by_role("option", name="support/mails@1").click()
    expect(page.get_by_role("list", name="What it learns from")).to_contain_text("Not examined")
    expect(priced(page)).to_contain_text("Memory at the peak")
    expect(priced(page)).to_contain_text("CPU")
    expect(page.get_by_text("Say where the result is filed")).to_be_visible()


def test_the_form_and_the_yaml_say_the_same_and_a_link_carries_both(sam: Visit) -> None:
    page = sam.open(f"{TRAINING}?recipe={quote(TRAIN)}")
    steps = page.get_by_role("textbox", name="Steps", exact=True)
    expect(steps).to_have_value("3")
    steps.fill("7")
    expect(yaml(page)).to_have_value(re.compile(r"steps: 7"))
    page.get_by_text("More settings").click()
    page.get_by_role("switch", name="Packing").check(force=True)
    expect(yaml(page)).to_have_value(re.compile(r"packing: true"))
    expect(page).to_have_url(re.compile("packing"))
    page.reload()
    expect(steps).to_have_value("7")
    yaml(page).fill(TRAIN.replace("method: lora", "method: full"))
    expect(page.get_by_role("radio", name="All weights")).to_be_checked()


def test_a_recipe_that_the_form_cannot_show_stays_yaml_and_is_priced_all_the_same(sam: Visit) -> None:
    page = sam.open(f"{TRAINING}?recipe={quote(PRETRAIN)}")
    expect(page.get_by_text("spec.method: pretrain.")).to_be_visible()
    expect(page.get_by_role("region", name="Who is trained")).to_have_count(0)
    expect(priced(page)).to_contain_text("Memory at the peak")


def test_a_training_is_ordered_watched_and_its_version_filed(sam: Visit, studio: StudioHouse) -> None:
    page = sam.open(f"{TRAINING}?recipe={quote(TRAIN)}")
    place(page, "support", "trained")
    page.get_by_role("button", name="Start the training").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    studio.work("training.sft")
    expect(page.get_by_role("link", name="support/trained@1")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Loss: from"))).to_be_visible()


def test_a_match_becomes_a_recipe_with_its_teacher_and_questions(sam: Visit) -> None:
    page = sam.open(MENTORING)
    matches = page.get_by_role("table", name="Who fits")
    expect(matches).to_contain_text("teaches support/exam to hr/leave@1")
    matches.get_by_role("button", name="Take support/mail@1 for hr/leave@1").click()
    expect(page.get_by_role("list", name="Teachers")).to_contain_text("support/mail@1")
    expect(yaml(page)).to_have_value(re.compile("student: hr/leave@1"))
    expect(matches).to_contain_text("chosen")
    page.get_by_role("combobox", name="Questions").fill("mails")
    page.get_by_role("option", name="support/mails@1").click()
    expect(priced(page).get_by_role("table", name="Teachers")).to_contain_text("two adapters of one base")
    slider = page.get_by_role("slider", name="Steps: Budget")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(yaml(page)).to_have_value(re.compile("steps: 250"))


def test_a_mentoring_is_ordered_and_its_version_filed(sam: Visit, studio: StudioHouse) -> None:
    page = sam.open(f"{MENTORING}?recipe={quote(DISTILL)}")
    place(page, "hr", "taught")
    expect(priced(page)).to_contain_text("Memory of the loss")
    page.get_by_role("button", name="Start the mentoring").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    studio.work("training.distill")
    expect(page.get_by_role("link", name="hr/taught@1")).to_be_visible()


UNTRANSLATED = re.compile(r"\b(training|mentoring|studio|common|register)\.[a-z][A-Za-z.]+|\{\{")
LOADING = re.compile("Loading|正在加载")


@pytest.mark.long
@pytest.mark.skipif(not AXE.exists(), reason="the web tools are not installed")
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_translated_and_keeps_to_itself(
    browser: Browser, studio: StudioHouse, look: dict[str, Any]
) -> None:
    found = visit(browser, studio.url, **look)
    wrong: dict[str, list[str]] = {}
    for path in (
        TRAINING, MENTORING, f"{TRAINING}?recipe={quote(TRAIN)}", f"{MENTORING}?recipe={quote(DISTILL)}",
    ):  # fmt: skip
        page = found.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if "recipe" in path:
            expect(page.get_by_text(re.compile("Memory at the peak|内存峰值"))).to_be_visible()
        expect(page.get_by_role("status", name=LOADING)).to_have_count(0)
        for fold in page.locator("details summary").all():
            fold.click()
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        words = [each.group() for each in UNTRANSLATED.finditer(page.inner_text("body"))]
        wrong[path] = [*found.violations(), *words, *([f"{width} px too wide"] if width > 0 else [])]
    found.context.close()
    assert {path: problems for path, problems in wrong.items() if problems} == {}
    assert found.faults == []
