"""What each role may not do is not offered on the pages and refused by the API; what it may do is offered."""

import re
from dataclasses import dataclass

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import CHROMIUM, visit
from tests.e2e.journeys_house import JourneysHouse
from tests.e2e.words import Words

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("journeys"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]
EVERYBODY = {"lin", "sam", "noor", "ada"}


@dataclass(frozen=True)
class Act:
    """Where it is offered, by which words, and the request that does it; `by` are those who may."""

    page: str
    role: str
    key: str
    method: str
    path: str
    by: frozenset[str]


def act(page: str, offered: str, api: str, by: str) -> Act:
    role, _, key = offered.partition(" ")
    method, _, path = api.partition(" ")
    return Act(page, role, key, method, path, frozenset(by.split()))


ACTS = [
    act("/", "link shell.pages.rotation", "POST /merges", "sam"),
    act("/", "link shell.pages.training", "POST /trainings", "sam"),
    act("/", "link shell.pages.mentoring", "POST /distillations", "sam"),
    act("/", "link shell.pages.people", "POST /people", "ada"),
    act("/people", "button auth.newPerson", "POST /people", "ada"),
    act("/", "link shell.pages.audit", "GET /audit", "noor ada"),
    act("/", "link shell.pages.health", "GET /health", "sam noor ada"),
    act("/", "link home.newRequest", "POST /requests", "lin sam"),
    act("/models", "link register.action", "POST /models", "sam"),
    act("/exams/support/exam", "button exams.run", "POST /evaluations", "sam"),
    act("/exams", "button exams.preview", "POST /suites/import", "sam ada"),
    act("/gates", "button exams.newGate", "POST /gates", "sam ada"),
    act("/datasets", "button datasets.new", "POST /datasets", "sam"),
    act("/endpoints", "button deploy.new", "POST /endpoints", "sam ada"),
    act("/endpoints/support/desk", "button deploy.stop", "POST /endpoints/support/desk/stop", "sam ada"),
    act("/endpoints/support/desk", "button deploy.send", "POST /feedback", "lin sam ada"),
    act("/prices", "button prices.setPrice", "POST /usage/prices", "ada"),
    act("/models/support/mail", "button catalog.move.retire", "POST /models/support/mail/versions/1/retire", "sam ada"),
    act("/models/support/mail", "link catalog.askForDeployment", "POST /approvals", "lin sam"),
]


@pytest.mark.parametrize("person", sorted(EVERYBODY))
def test_a_role_is_offered_what_it_may_do_and_refused_the_rest(
    browser: Browser, journeys: JourneysHouse, person: str
) -> None:
    words = Words("en-US")
    found = visit(browser, journeys.url, person)
    headers = {"Authorization": f"Bearer {journeys.world.token(person)}"}
    wrong = []
    with httpx2.Client(base_url=f"{journeys.url}/api/v1", headers=headers, timeout=60) as api:
        for each in ACTS:
            if found.page.url.removeprefix(found.url) != each.page:
                found.open(each.page)
                found.settled()
            may = person in each.by
            offered = found.page.get_by_role(each.role, name=words(each.key), exact=True)  # type: ignore[arg-type]
            try:
                expect(offered.first).to_be_visible() if may else expect(offered).to_have_count(0)
            except AssertionError:
                wrong.append(f"{each.key} is {'not ' if may else ''}offered on {each.page}")
            answer = api.request(each.method, each.path, json={} if each.method != "GET" else None)
            if (answer.status_code == 403) is may or answer.status_code >= 500:
                wrong.append(f"{each.method} {each.path}: {answer.status_code} {answer.text[:200]}")
    found.context.close()
    assert wrong == []
    assert found.faults == []


@pytest.mark.parametrize(
    ("person", "why"),
    [
        ("lin", "own_request"),
        ("sam", "own_request"),
        ("ada", "admin_may_not_sign"),
        ("noor", "not_permitted"),
        ("rita", None),
    ],
)
def test_who_asked_made_or_only_looks_on_cannot_sign(
    browser: Browser, journeys: JourneysHouse, person: str, why: str | None
) -> None:
    words, approval = Words("en-US"), journeys.found["approval"]
    found = visit(browser, journeys.url, person)
    page = found.open(f"/approvals/{approval}")
    found.settled()
    approve = page.get_by_role("button", name=words("approval.approve"), exact=True)
    headers = {"Authorization": f"Bearer {journeys.world.token(person)}"}
    with httpx2.Client(base_url=f"{journeys.url}/api/v1", headers=headers, timeout=60) as api:
        seen = api.get(f"/approvals/{approval}").json()
        if why is None:
            expect(approve).to_be_enabled()
            assert seen["may_decide"]
        else:
            expect(approve).to_be_disabled()
            expect(page.get_by_text(words(f"approval.mayNot.{why}"))).to_be_visible()
            body = {"digest": seen["digest"], "seal": seen["seal"], "reason": "I sign it myself."}
            answer = api.post(f"/approvals/{approval}/approve", json=body)
            assert answer.status_code == 403, answer.text
            assert api.get(f"/approvals/{approval}").json()["state"] == "pending"
    found.context.close()
    assert found.faults == []


def test_weights_go_only_to_those_who_may_use_them(browser: Browser, journeys: JourneysHouse) -> None:
    words, address = Words("en-US"), "/models/support/mail"
    for person, may in (("sam", True), ("noor", False), ("lin", False)):
        found = visit(browser, journeys.url, person)
        page = found.open(f"{address}?tab=files")
        found.settled()
        row = page.get_by_role("table", name=words("catalog.filesCaption")).get_by_role(
            "row", name="adapter_model.safetensors"
        )
        expect(row).to_be_visible()
        link = row.get_by_role("link", name=words.like("personnel.downloadFile"))
        expect(link).to_have_count(1 if may else 0)
        token = journeys.world.token(person)
        answer = httpx2.get(
            f"{journeys.url}/api/v1{address}/versions/1/content/adapter_model.safetensors",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        assert answer.status_code == (200 if may else 403)
        found.context.close()
        assert found.faults == []


def test_a_page_that_is_not_for_somebody_says_so_in_words(browser: Browser, journeys: JourneysHouse) -> None:
    found = visit(browser, journeys.url, "lin")
    for path in ("/audit", "/health"):
        page = found.open(path)
        expect(page.get_by_role("alert").first).to_contain_text(re.compile("may not|right"))
    refused = [fault for fault in found.faults if "403" not in fault]  # the browser notes every refused request
    assert refused == []
    found.context.close()
