"""The main job, whole: the sample organisation is trained for real, then used from the command line and the browser."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI, PermissionDeniedError
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aird.client import Client
from aird.sample import figures
from aird.sample.organisation import ALONE, APPRENTICE, BASE, FINISHED, MERGED, SMALL
from aird.sample.service_desk import ENDPOINT
from tests.e2e import pictures
from tests.e2e.browsing import CHROMIUM
from tests.e2e.sample_house import House, sample_house

SPECIALISTS = ["support/specialist@1", "finance/specialist@1", "hr/specialist@1"]

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1200), pytest.mark.xdist_group("sample")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with sample_house(tmp_path_factory.mktemp("sample")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(house: House) -> Iterator[Client]:
    with house.client() as client:
        yield client


def test_the_run_tells_every_step(house: House) -> None:
    log = house.log.read_text()
    assert "rejected by rui: Gate failed" in log
    assert "asked for by lin, approved by rui, bound to sha256:" in log
    assert "audit chain sound" in log


def test_the_finished_version_has_the_skills_of_all_specialists(admin: Client) -> None:
    matrix = admin.versions.skills()
    kept = figures.kept(matrix, SPECIALISTS, FINISHED)
    assert min(kept.values()) >= 0.9, kept
    assert all(figures.score(matrix, BASE, figures.suite_of(each)) < 0.35 for each in SPECIALISTS)


def test_a_student_of_half_the_size_learns_more_with_its_teacher(admin: Client) -> None:
    matrix = admin.versions.skills()
    with_teacher = [figures.score(matrix, APPRENTICE, suite) for suite in matrix["suites"]]
    alone = [figures.score(matrix, ALONE, suite) for suite in matrix["suites"]]
    assert sum(with_teacher) > sum(alone) + 0.1
    assert admin.versions.get(SMALL)["parameters"] <= admin.versions.get(BASE)["parameters"] / 2


def test_every_cell_of_the_matrix_has_items_and_an_interval(admin: Client) -> None:
    for row in admin.versions.skills()["rows"]:
        for cell in row["cells"].values():
            assert cell["items"] >= 150
            assert cell["low"] <= cell["score"] <= cell["high"]


def test_the_lineage_of_the_student_reaches_the_base(admin: Client) -> None:
    ancestors = {each["ref"] for each in admin.versions.lineage(APPRENTICE)["ancestors"]}
    assert {FINISHED, MERGED, BASE, SMALL, *SPECIALISTS} <= ancestors


def test_the_command_line_lists_the_models(house: House) -> None:
    found = json.loads(house.aird("models", "ls", "--json").stdout)
    by_name = {each["name"]: each for each in found}
    assistant = by_name["platform/assistant"]
    assert (assistant["version"], assistant["kind"], assistant["state"]) == (2, "adapter", "approved")
    assert assistant["digest"].startswith("sha256:")
    assert {skill["suite"] for skill in assistant["skills"]} == {figures.suite_of(each) for each in SPECIALISTS}


def test_the_command_line_proves_the_audit_chain(house: House) -> None:
    verdict = house.aird("audit", "verify", "--json")
    assert verdict.returncode == 0, verdict.stderr
    assert json.loads(verdict.stdout)["sound"] is True


def test_the_command_line_chats_with_the_endpoint(house: House) -> None:
    answer = house.aird("chat", ENDPOINT, "Hello, where is my parcel?")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()


def test_another_departments_key_gets_no_answer(house: House, admin: Client) -> None:
    key = admin.tokens.create("foreign", kind="key", department="finance")["token"]
    with OpenAI(base_url=f"{house.server['url']}/v1", api_key=key, max_retries=0) as client:
        assert ENDPOINT not in [model.id for model in client.models.list()]
        with pytest.raises(PermissionDeniedError):
            client.chat.completions.create(model=ENDPOINT, messages=[{"role": "user", "content": "Hello"}])


def sign_in(browser: Browser, house: House, username: str, faults: list[str]) -> tuple[BrowserContext, Page]:
    """A signed-in page; console errors and requests to anywhere else are noted in `faults`."""
    url = house.server["url"]
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((url, "data:")) else faults.append(request.url))
    page.goto(house.login_link(username))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
    return context, page


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
def test_lead_approver_and_auditor_do_their_part_in_the_browser(browser: Browser, house: House) -> None:
    faults: list[str] = []
    request = lead_files_a_request(browser, house, faults)
    another_person_approves(browser, house, faults)
    lead_tries_the_endpoint(browser, house, request, faults)
    auditor_verifies(browser, house, faults)
    assert faults == []


def lead_files_a_request(browser: Browser, house: House, faults: list[str]) -> str:
    context, page = sign_in(browser, house, "lin", faults)
    page.goto(f"{house.server['url']}/models/{APPRENTICE.partition('@')[0]}")
    page.get_by_role("link", name="Ask for deployment").first.click()
    page.get_by_label("Title").fill("Student for the night shift")
    page.get_by_label("What is needed").fill("The small one answers at night, when nobody checks.")
    choose(page, "Endpoint", ENDPOINT)
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Student for the night shift")
    expect(page.get_by_text("In review").first).to_be_visible()
    url = page.url
    context.close()
    return url


def another_person_approves(browser: Browser, house: House, faults: list[str]) -> None:
    context, page = sign_in(browser, house, "rui", faults)
    page.get_by_role("navigation").get_by_role("link", name="Approvals", exact=True).click()
    page.get_by_role("link", name=APPRENTICE).first.click()
    expect(page.get_by_text("finance/exam").first).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Half the size, and it passes every exam.")
    dialog.get_by_role("button", name="Confirm: Approve").click()
    expect(page.get_by_text("Half the size, and it passes every exam.")).to_be_visible()
    context.close()


def lead_tries_the_endpoint(browser: Browser, house: House, request: str, faults: list[str]) -> None:
    context, page = sign_in(browser, house, "lin", faults)
    page.goto(request)
    expect(page.get_by_text("Approved").first).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Endpoints", exact=True).click()
    page.get_by_role("link", name=ENDPOINT).first.click()
    page.get_by_label("Message").fill("Good evening, the device does not work. That is ticket T55.")
    page.get_by_role("button", name="Send").click()
    answer = page.get_by_role("log")
    expect(answer).to_contain_text("T55", timeout=30_000)
    page.get_by_role("button", name="Good answer").click()
    page.get_by_role("button", name="Send feedback").click()
    expect(page.get_by_text("your feedback is kept").first).to_be_visible()
    context.close()


def auditor_verifies(browser: Browser, house: House, faults: list[str]) -> None:
    context, page = sign_in(browser, house, "noor", faults)
    page.get_by_role("navigation").get_by_role("link", name="Audit log", exact=True).click()
    expect(page.get_by_text("approval.approval.approved").first).to_be_visible()
    page.get_by_role("button", name="Verify on the server").click()
    expect(page.get_by_text("Verified: nothing was changed").first).to_be_visible()
    context.close()


@pytest.mark.skipif("AIRD_TEST_PICTURES" not in os.environ, reason="AIRD_TEST_PICTURES names no folder for pictures")
@pytest.mark.parametrize(("language", "locale"), pictures.LANGUAGES.items())
def test_the_main_pages_can_be_pictured(browser: Browser, house: House, language: str, locale: str) -> None:
    context = browser.new_context(locale=locale, viewport=pictures.SIZE)
    page = context.new_page()
    page.goto(house.login_link("lin"))
    expect(page.get_by_role("navigation").first).to_be_visible()  # the link was taken: somebody is signed in
    taken = pictures.take(page, house.server["url"], language, Path(os.environ["AIRD_TEST_PICTURES"]))
    assert "/login" not in page.url
    context.close()
    assert all(each.stat().st_size > 5_000 for each in taken)
