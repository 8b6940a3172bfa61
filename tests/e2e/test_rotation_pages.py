"""Rotation in a real browser: the studio from the first adapter to the filed version, and what that tells of itself."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import AXE, CHROMIUM, LOOKS, Visit, visit
from tests.e2e.rotation_house import RotationHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("rotation-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
STUDIO = "/studio/rotation"
TWO = f"{STUDIO}?with=support/mail@1&with=hr/leave@1"
FOREIGN = """merge_method: slerp
base_model: platform/tiny@1
models: [{model: platform/other@1}]
parameters: {t: 0.5}
"""


@pytest.fixture
def sam(browser: Browser, rotation: RotationHouse) -> Iterator[Visit]:
    found = visit(browser, rotation.url)
    yield found
    found.context.close()
    assert found.faults == []


def planned(page: Page) -> Any:
    return page.get_by_role("region", name="What it would do")


def test_adapters_are_picked_where_they_fit_and_the_plan_follows(sam: Visit) -> None:
    page = sam.open(STUDIO)
    expect(page.get_by_text("Nobody rotates yet")).to_be_visible()
    page.get_by_role("button", name="Pick adapters").click()
    page.get_by_role("button", name="Add support/mail@1").click()
    picker = page.get_by_role("table", name="Adapters to pick")
    refused = picker.get_by_role("row", name="finance/foreign@1")
    expect(refused).to_contain_text("trained on another base")
    expect(refused.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Add hr/leave@1").click()
    expect(planned(page)).to_contain_text("Approximation")
    page.get_by_role("radio", name=re.compile("^Sum .task")).check()
    expect(planned(page)).to_contain_text("Exact")
    weight = page.get_by_role("slider", name="Weight: hr/leave@1")
    weight.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("textbox", name="Recipe as YAML")).to_have_value(re.compile(r"weight: 0\.95"))
    expect(page).to_have_url(re.compile(r"recipe=merge_method.*0\.95"))
    page.reload()
    expect(page.get_by_role("textbox", name="Weight: hr/leave@1")).to_have_value("0.95")
    expect(planned(page)).to_contain_text("Exact")


def test_interference_and_energy_are_measured_before_anything_runs(sam: Visit, rotation: RotationHouse) -> None:
    page = sam.open(TWO)
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("Queued")).to_be_visible()
    rotation.work("merge.measure")
    expect(page.get_by_role("table", name="What each rank keeps").get_by_role("rowheader").first).to_be_visible()
    overlaps = page.get_by_role("table", name="Overlap of the output spaces")
    expect(overlaps.get_by_role("row")).to_have_count(3)


def test_a_search_is_watched_and_a_point_of_it_becomes_the_recipe(sam: Visit, rotation: RotationHouse) -> None:
    page = sam.open(f"{TWO}&space={quote(json.dumps({'trials': 4}))}")
    floor = page.get_by_role("textbox", name="Floor of hr/exam: share of the best parent's score")
    floor.fill("50 %")
    expect(page.get_by_text("at least 40%")).to_be_visible()
    page.get_by_role("button", name="Search for the best recipe").click()
    expect(page).to_have_url(re.compile("search="))
    expect(page.get_by_text("No candidate is measured yet.")).to_be_visible()
    rotation.work("merge.search")
    chart = page.get_by_role("group", name=re.compile("Candidates on the chart"))
    chart.get_by_role("button", name=re.compile("Candidate 0:")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Candidate 0 is the recipe now.")).to_be_visible()
    page.get_by_role("button", name="Show as table").click()
    table = page.get_by_role("table", name="Candidates of the search")
    expect(table.get_by_role("button", name="Make candidate 0 the recipe")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("group", name=re.compile("Candidates on the chart"))).to_be_visible()


def test_a_rotation_is_run_and_its_version_tells_what_happened(sam: Visit, rotation: RotationHouse) -> None:
    page = sam.open(TWO)
    page.get_by_label("Department").select_option("platform")
    page.get_by_role("textbox", name="Name").fill("assistant")
    page.get_by_role("textbox", name="Title").fill("Assistant of two")
    page.get_by_role("button", name="Run the rotation").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    rotation.work("merge.run")
    page.get_by_role("link", name="platform/assistant@1").click()
    page.get_by_role("tab", name="Rotation").click()
    told = page.get_by_role("table", name="By parent")
    expect(told.get_by_role("row", name="support/mail@1")).to_contain_text("100%")
    skills = page.get_by_role("table", name="Skills before and after")
    expect(skills.get_by_role("row", name="hr/exam")).to_contain_text("80%")
    page.get_by_role("searchbox", name="Filter by module").fill("layers.1.mlp")
    modules = page.get_by_role("table", name="Module by module")
    expect(modules.get_by_role("rowheader")).to_have_count(3)


def test_a_merged_version_is_reproduced_and_a_parent_taken_out(sam: Visit, rotation: RotationHouse) -> None:
    page = sam.open("/models/platform/both?tab=rotation")
    page.get_by_role("button", name="Reproduce").click()
    expect(page.get_by_text("Queued")).to_be_visible()
    rotation.work("catalog.reproduce")
    expect(page.get_by_text("Reproduced: the same bytes came out.")).to_be_visible()
    page.get_by_role("button", name="Take a parent out").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("hr/leave@1").check()
    dialog.get_by_role("button", name="Open in the studio").click()
    expect(page).to_have_url(re.compile("/studio/rotation"))
    expect(page.get_by_role("list", name="Who rotates").get_by_role("listitem")).to_have_count(1)


def test_a_recipe_that_the_form_cannot_show_stays_yaml(sam: Visit) -> None:
    page = sam.open(STUDIO)
    text = page.get_by_role("textbox", name="Recipe as YAML")
    text.fill(FOREIGN)
    expect(page.get_by_text("merge_method: slerp. The recipe can be planned")).to_be_visible()
    expect(page.get_by_role("region", name="How they become one")).to_have_count(0)
    text.fill("merge_method: tsv\nmodels: [{model: support/mail@1}, {model: hr/leave@1}]\n")
    expect(page.get_by_role("list", name="Who rotates").get_by_role("listitem")).to_have_count(2)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    assert "support/mail@1" in saved.value.path().read_text()


def test_an_adapter_is_put_into_its_base_from_its_file(sam: Visit, rotation: RotationHouse) -> None:
    page = sam.open("/models/support/mail")
    page.get_by_role("button", name="Make of it").click()
    page.get_by_role("menuitem", name="Bake into the base").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox", name="Filed as")).to_have_value("support/mail-whole")
    dialog.get_by_role("button", name="Order it").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    rotation.work("merge.bake")
    page.get_by_role("link", name="support/mail-whole@1").click()
    expect(page.get_by_role("button", name="Make of it")).to_be_visible()


UNTRANSLATED = re.compile(r"\b(rotation|catalog|common|personnel|register)\.[a-z][A-Za-z.]+|\{\{")


@pytest.mark.long
@pytest.mark.skipif(not AXE.exists(), reason="the web tools are not installed")
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_translated_and_keeps_to_itself(
    browser: Browser, rotation: RotationHouse, look: dict[str, Any]
) -> None:
    found = visit(browser, rotation.url, **look)
    wrong: dict[str, list[str]] = {}
    searched = f"{TWO}&search={rotation.search}"
    pages = [STUDIO, searched, f"{STUDIO}?recipe={quote(FOREIGN)}", "/models/platform/both?tab=rotation"]
    for path in pages:
        page = found.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found.settled()
        expect(page.get_by_role("status", name=re.compile("Loading|正在加载"))).to_have_count(0)
        if path == searched:
            expect(page.get_by_role("group", name=re.compile("Candidates on the chart|图中候选"))).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        words = [each.group() for each in UNTRANSLATED.finditer(page.inner_text("body"))]
        wrong[path] = [*found.violations(), *words, *([f"{width} px too wide"] if width > 0 else [])]
    found.context.close()
    assert {path: problems for path, problems in wrong.items() if problems} == {}
    assert found.faults == []
