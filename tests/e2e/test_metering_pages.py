"""What answers cost, in a real browser: usage, budgets, bills that add up, and what may be taken home of them."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, expect

from aird.deploy import queries, service
from aird.metering import budgets
from aird.metering import service as metering
from aird.metering.models import BudgetKind, OnSpent, Status
from aird.testing import World
from tests.e2e.browsing import AXE, CHROMIUM, LANGUAGES, THEMES, Visit, visit
from tests.e2e.catalog_house import serve
from tests.e2e.conftest import world_of_its_own
from tests.e2e.test_request_pages import PHONE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("metering-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
PAGES = ("/usage", "/billing", "/billing/support")


@dataclass
class Office:
    """The server's address and the ledger behind it."""

    world: World
    url: str


@pytest.fixture(scope="module")
def office(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with world_of_its_own(empty_database, tmp_path_factory.mktemp("metering")) as world:
        with world.database.write() as session:
            for name in ("support/desk", "finance/desk"):
                service.create_endpoint(session, world.actor("sam"), name, name.title())
        answered(world, "support/desk", prompt=1_000_000, completion=500_000)  # 1 + 2 CNY
        answered(world, "finance/desk", prompt=2_000_000, completion=0)  # 2 CNY
        terms = {"limit_micro": 6_000_000, "alert_percent": 50, "on_spent": OnSpent.REJECT}
        with world.database.write() as session:
            budgets.set_budget(session, world.actor("ada"), BudgetKind.DEPARTMENT, "support", **terms)  # type: ignore[arg-type]
        for username in ("lin", "ada"):
            world.set_password(username)
        with serve(world) as url:
            yield Office(world, url)


def answered(world: World, endpoint: str, *, prompt: int, completion: int) -> None:
    """One answer in the ledger."""
    person: UUID | None = world.actor("sam").id
    with world.database.write() as session:
        department = queries.get_endpoint(session, endpoint).department_id
        metering.record_answers(
            session,
            [
                metering.Answer(
                    request_id=str(uuid4()), department_id=department, endpoint=endpoint, unit="sha256:" + "0" * 64,
                    version=endpoint.replace("desk", "clerk") + "@1", token_id=None, person_id=person,
                    prompt_tokens=prompt, completion_tokens=completion, status=Status.OK, milliseconds=10,
                )
            ],
        )  # fmt: skip


@pytest.fixture
def lin(browser: Browser, office: Office) -> Iterator[Visit]:
    found = visit(browser, office.url, "lin")
    yield found
    found.context.close()
    assert found.faults == []


@pytest.fixture
def ada(browser: Browser, office: Office) -> Iterator[Visit]:
    found = visit(browser, office.url, "ada")
    yield found
    found.context.close()
    assert found.faults == []


def test_the_bills_of_the_house_add_up_and_say_so(ada: Visit) -> None:
    page = ada.open("/billing")
    ada.settled()
    main = page.get_by_role("main")
    expect(main).to_contain_text("¥5.00")
    expect(main).to_contain_text("¥3.00")
    expect(main.get_by_role("status")).to_contain_text("Reconciled: total ¥5.00 = tokens ¥5.00 + compute ¥0.00")
    page.get_by_role("link", name="support", exact=False).first.click()
    expect(page).to_have_url(re.compile("/billing/support"))
    expect(page.get_by_role("main")).to_contain_text("¥3.00")
    expect(page.get_by_role("main")).not_to_contain_text("¥2.00 ")


def test_a_lead_sees_the_own_department_alone(lin: Visit) -> None:
    page = lin.open("/usage")
    lin.settled()
    expect(page.get_by_role("main")).to_contain_text("support/desk")
    expect(page.get_by_role("main")).not_to_contain_text("finance/desk")
    page = lin.open("/billing/finance")
    # Each part of the page says so. The refusals are 403s, which browsers write to the console.
    expect(page.get_by_role("alert", name="You may not do this")).to_have_count(3)
    lin.faults[:] = [each for each in lin.faults if "403" not in each]


def test_a_budget_shows_its_burn_and_is_bounded_from_the_page(lin: Visit) -> None:
    page = lin.open("/usage")
    table = page.get_by_role("table", name="Budgets")
    expect(table).to_contain_text("¥3.00")
    expect(table).to_contain_text("¥6.00")
    expect(table.get_by_role("progressbar")).to_have_count(1)


def test_a_bill_is_taken_home_as_a_file_that_adds_up(ada: Visit, office: Office) -> None:
    page = ada.open("/billing")
    ada.settled()
    link = page.get_by_role("link", name=re.compile("CSV")).first
    href = link.get_attribute("href") or ""
    answer = ada.context.request.get(office.url + href if href.startswith("/") else href)
    rows = list(csv.DictReader(io.StringIO(answer.text().lstrip("\ufeff"))))
    assert answer.ok
    assert rows
    lines = {each["department"]: Decimal(each["cost"]) for each in rows}
    assert lines == {"support": 3, "finance": 2, "TOTAL": 5}


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_pages_of_money_keep_to_the_rules_in_both_languages_and_themes(
    browser: Browser, office: Office, locale: str, theme: str
) -> None:
    assert AXE.exists(), "web/node_modules is missing: run `npm ci` in web/"
    found = visit(browser, office.url, "ada", locale=locale, color_scheme=theme, viewport=PHONE)
    for path in PAGES:
        page = found.open(path)
        found.settled()
        assert found.violations() == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways on a phone"
    assert found.faults == []
    found.context.close()
