"""Data sets in a real browser: from a file to a version that may be learnt from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.datasets.conftest import jsonl
from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, Visit, visit
from tests.e2e.conftest import world_of_its_own
from tests.e2e.datasets_house import DatasetsHouse, chat, datasets_house
from tests.e2e.words import Words

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("datasets-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
CSV = "question,reply,ticket\nWhere is my parcel?,On its way,1\nHow do I pay?,By card,2\nOnly a question\n"


@pytest.fixture(scope="module")
def house(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatasetsHouse]:
    with world_of_its_own(empty_database, tmp_path_factory.mktemp("datasets")) as world, datasets_house(world) as found:
        yield found


@pytest.fixture
def sam(browser: Browser, house: DatasetsHouse) -> Iterator[Visit]:
    found = visit(browser, house.url)
    yield found
    found.context.close()
    assert [fault for fault in found.faults if "422" not in fault] == []


def test_the_list_opens_a_data_set(sam: Visit) -> None:
    page = sam.open("/datasets")
    row = page.get_by_role("row", name=re.compile("support.mails"))
    expect(row).to_contain_text("Blocked")
    expect(row).to_contain_text("not stated")
    row.get_by_role("link", name="Mails").click()
    expect(page.get_by_role("heading", name="Mails", level=1)).to_be_visible()


def test_the_report_says_what_leaks_and_a_clean_version_is_made(sam: Visit, house: DatasetsHouse) -> None:
    page = sam.open("/datasets/support/mails")
    expect(page.get_by_text("1 items of train ask what the exam support/desk-exam asks")).to_be_visible()
    expect(page.get_by_role("table", name=re.compile("^Languages"))).to_contain_text("Chinese")
    page.get_by_role("tab", name="Lines").click()
    lines = page.get_by_role("table", name="Asked by an exam")
    expect(lines).to_contain_text("train:8")
    expect(lines).to_contain_text("Where does mail 1 go?")
    for name in ("Asked by an exam (1)", "Duplicate (1)", "Personal data (1)"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name="Make the clean version").click()
    expect(page.get_by_text("The clean version is being made")).to_be_visible()
    house.work()
    expect(page.get_by_role("link", name="@2")).to_be_visible()
    page.get_by_role("link", name="@2").click()
    expect(page.get_by_role("region", name="support/mails@2")).to_contain_text("Made fromsupport/mails@1")
    expect(page.get_by_text("Nothing may learn from this split")).to_have_count(0)


def test_a_table_is_previewed_mapped_and_filed(sam: Visit, house: DatasetsHouse, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(CSV)
    page = sam.open("/datasets/support/parcels")
    page.get_by_role("button", name="Import").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "train.csv")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_text("Rows are refused")).to_be_visible()
    expect(dialog.get_by_role("table", name="Refused rows of train.csv")).to_contain_text("its fields are")
    expect(dialog.get_by_role("button", name="File this version")).to_be_disabled()
    dialog.get_by_role("button", name="How the file is read").click()
    dialog.get_by_label("Columns", exact=True).fill("prompt = question\ncompletion = reply")
    (tmp_path / "train.csv").write_text(CSV.removesuffix("Only a question\n"))
    dialog.locator("input[type=file]").set_input_files(tmp_path / "train.csv")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_text("Ready to be filed")).to_be_visible()
    expect(dialog.get_by_text("TRL prompt and completion: 2")).to_be_visible()
    expect(dialog.get_by_text("Where is my parcel?")).to_be_visible()
    dialog.get_by_role("button", name="File this version").click()
    expect(page.get_by_role("region", name="support/parcels@1")).to_be_visible()
    expect(page.get_by_text("Not examined yet")).to_be_visible()
    house.work()
    expect(page.get_by_text("Held against 2 exams")).to_be_visible()


@pytest.mark.parametrize(("locale", "split"), [("en-US", "train"), ("zh-CN", "more")])
def test_a_near_leak_is_permitted_by_a_person_with_a_reason(
    browser: Browser, house: DatasetsHouse, locale: str, split: str
) -> None:
    words, sam = Words(locale), visit(browser, house.url, locale=locale)
    page = sam.open("/datasets/support/letters")
    blocked = page.get_by_role("alert").filter(has_text=words("datasets.nearBlocked", split=split))
    expect(blocked).to_contain_text(words("datasets.nearOfExam", items=12, exam="support/accounts-exam"))
    assert sam.violations() == []
    label = words("datasets.permit", split=split)
    blocked.get_by_role("button", name=label).click()
    dialog = page.get_by_role("dialog", name=label)
    confirm = dialog.get_by_role("button", name=words("common.confirm", what=label))
    confirm.click()
    expect(dialog).to_be_visible()  # not without a reason
    dialog.get_by_label(words("common.reason")).fill(f"Other accounts in {split}")
    confirm.click()
    expect(dialog).to_have_count(0)
    expect(blocked).to_have_count(0)
    row = page.get_by_role("table", name=words("datasets.permits")).get_by_role("row", name=split)
    expect(row).to_contain_text(f"Other accounts in {split}")
    expect(row.get_by_role("cell", name="sam", exact=True)).to_be_visible()
    expect(row.locator("time")).to_be_visible()
    if split == "more":  # the last one that was blocked
        listed = page.get_by_role("table", name=words("datasets.versions"))
        expect(listed).to_contain_text(words("datasets.verdicts.permitted"))
    assert sam.violations() == []
    sam.context.close()
    assert sam.faults == []


@pytest.mark.parametrize("who", ["lin", "rui"], ids=["the-lead", "staff-of-another-department"])
def test_who_may_not_permit_a_near_leak_is_told_who_may(browser: Browser, house: DatasetsHouse, who: str) -> None:
    house.world.set_password(who)
    found = visit(browser, house.url, who)
    page = found.open("/datasets/support/replies")
    expect(page.get_by_text("Whoever writes data sets in this department may permit it").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Permit|^Import|^Change the terms"))).to_have_count(0)
    refused = found.context.request.post(
        f"{house.url}/api/v1/datasets/support/replies/versions/1/permit",
        data={"split": "train", "reason": "Mine"},
        headers={"X-CSRF-Token": found.context.request.get(f"{house.url}/api/v1/session").json()["csrf"]},
    )
    assert (refused.status, refused.json()["code"]) == (403, "not_permitted")
    found.context.close()
    assert found.faults == []


def test_whose_department_it_is_may_permit_a_near_leak(sam: Visit) -> None:
    page = sam.open("/datasets/support/replies")
    expect(page.get_by_role("button", name=re.compile("^Permit"))).to_be_visible()
    expect(page.get_by_role("button", name="Import").first).to_be_visible()
    expect(page.get_by_role("button", name="Change the terms")).to_be_visible()


def test_the_terms_are_stated_with_a_reason(sam: Visit) -> None:
    page = sam.open("/datasets/support/school")
    page.get_by_role("button", name="Change the terms").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Licence").fill("cc-by-4.0")
    dialog.get_by_label("Retention in days").fill("365")
    dialog.get_by_label("Reason").fill("As the contract says")
    dialog.get_by_role("button", name="Change the terms").click()
    terms = page.get_by_role("region", name="Terms")
    expect(terms).to_contain_text("cc-by-4.0")
    expect(terms).to_contain_text("365 days from filing")


def test_what_is_deployed_of_it_is_shown_and_erasure_leaves_a_stone(sam: Visit) -> None:
    page = sam.open("/datasets/support/mails?version=1")
    page.get_by_role("tab", name="Deployed").click()
    row = page.get_by_role("row", name=re.compile("support.desk"))
    expect(row).to_contain_text("The same merge without support/mail@1: exact")
    page.get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("They asked for it")
    dialog.get_by_role("button", name=re.compile("Erase")).click()
    expect(page.get_by_text("sam: They asked for it")).to_be_visible()
    expect(page.get_by_role("button", name="Erase")).to_have_count(0)


def shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.long
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_pages_are_accessible_in_both_languages(
    browser: Browser, house: DatasetsHouse, locale: str, tmp_path: Path
) -> None:
    assert AXE.exists()
    sam = visit(browser, house.url, locale=locale)
    words = {"en-US": ("Data sets", "Lines"), "zh-CN": ("数据集", "逐行")}[locale]
    for path, name in (("/datasets", "list"), ("/datasets/support/school", "page"), ("/datasets/support/mails", "set")):
        page = sam.open(path)
        expect(page.get_by_role("link", name=words[0])).to_be_visible()
        sam.settled()
        assert sam.violations() == [], path
        shot(page, tmp_path, f"{locale}-{name}")
    page.get_by_role("tab", name=words[1]).click()
    assert sam.violations() == []
    shot(page, tmp_path, f"{locale}-lines")
    sam.context.close()
    assert sam.faults == []


def test_a_small_set_is_dealt_out_once_and_for_ever(sam: Visit, tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_bytes(jsonl([chat(f"Question {n}?", "yes") for n in range(60)]))
    page = sam.open("/datasets")
    page.get_by_role("button", name="New data set").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Department").click()
    page.get_by_role("option", name=re.compile("support|Customer")).click()
    dialog.get_by_label("Name").fill("dealt")
    dialog.get_by_label("Title").fill("Dealt out")
    dialog.get_by_role("button", name="Open it").click()
    page.get_by_role("button", name="Import").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Deal the items out").check()
    dialog.locator("input[type=file]").set_input_files(tmp_path / "data.jsonl")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_text(re.compile("train: 4[0-9]|train: 5[0-9]"))).to_be_visible()
    dialog.get_by_role("button", name="File this version").click()
    expect(page.get_by_role("region", name="Terms")).to_contain_text("train 80 %")
