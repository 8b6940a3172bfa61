"""Every route in both themes and languages: WCAG 2.1 AA, no error in the console, nothing from elsewhere, no key
instead of words, nothing cut off on a phone; with names on it that are scripts, right to left, or without an end."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import AXE, CHROMIUM, Visit, visit
from tests.e2e.journeys_house import JourneysHouse

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("journeys"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="the web tools are not installed"),
]
WEB = Path(__file__).parents[2] / "web" / "src"
LOOKS: list[dict[str, Any]] = [
    {"locale": "en-US", "color_scheme": "light"},
    {"locale": "zh-CN", "color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
]
LONG_TITLE = "/models/legal/three"
ADDRESSES: dict[str, list[str]] = {
    "login": [],  # seen by somebody who is not signed in, below
    "/": ["/"],
    "models": ["/models", "/models?view=table"],
    "models/$department/$model": ["/models/support/mail", "/models/legal/one", "/models/legal/two", LONG_TITLE],
    "register": ["/register"],
    "compare": ["/compare", "/compare?ids=support/mail@1&ids=hr/leave@1"],
    "org": ["/org"],
    "skills": ["/skills"],
    "exams": ["/exams"],
    "exams/$department/$name": ["/exams/support/exam"],
    "runs/$id": ["/runs/{run}"],
    "plans": ["/plans"],
    "plans/$department/$name": ["/plans/support/growth"],
    "datasets": ["/datasets"],
    "datasets/$department/$name": ["/datasets/support/mails"],
    "jobs": ["/jobs"],
    "jobs/$id": ["/jobs/{job}"],
    "studio/rotation": ["/studio/rotation", "/studio/rotation?with=support/mail@1&with=hr/leave@1"],
    "studio/training": ["/studio/training"],
    "studio/mentoring": ["/studio/mentoring"],
    "requests": ["/requests"],
    "requests/new": ["/requests/new"],
    "requests/$number": ["/requests/{request}"],
    "approvals": ["/approvals", "/approvals?state=all"],
    "approvals/$id": ["/approvals/{approval}"],
    "endpoints": ["/endpoints"],
    "endpoints/$department/$name": ["/endpoints/support/desk"],
    "playground": ["/playground"],
    "usage": ["/usage"],
    "billing": ["/billing"],
    "billing/$department": ["/billing/support"],
    "compute": ["/compute"],
    "runtimes": ["/runtimes", "/runtimes?version=support/mail@1"],
    "audit": ["/audit"],
    "people": ["/people", "/people?tab=departments", "/people?tab=tokens"],
    "gates": ["/gates"],
    "comparisons": ["/comparisons"],
    "access": ["/access?permission=people.manage&person=sam"],
    "prices": ["/prices"],
    "account": ["/account"],
    "health": ["/health"],
    "help": ["/help"],
}  # fmt: skip
WHO = {"audit": "noor", "people": "ada", "prices": "ada"}
"""Who looks at what sam may not see."""
KEYS = re.compile(r"\b(?:state|kind|role|relation|measure|stage|part|restriction|fact)\.[a-z]+\.[a-z_]+\b|\{\{\w+")


def test_every_route_of_the_router_is_looked_at() -> None:
    written = [each.read_text() for each in (WEB / "app" / "routes").glob("*.ts")]
    assert {path for text in written for path in re.findall(r'^\s+path: "(.+)"', text, re.MULTILINE)} == set(ADDRESSES)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look['locale']}-{look['color_scheme']}")
def test_every_page_keeps_to_the_rules(browser: Browser, journeys: JourneysHouse, look: dict[str, Any]) -> None:
    seen = {who: visit(browser, journeys.url, who, **look) for who in ("sam", "noor", "ada")}
    wrong: dict[str, list[str]] = {}
    for route, paths in ADDRESSES.items():
        found = seen[WHO.get(route, "sam")]
        for path in paths:
            wrong[path] = looked_at(found, path.format(**journeys.found))
    for found in seen.values():
        found.context.close()
    faults = [f"{path}: {problem}" for path, problems in wrong.items() for problem in problems]
    assert not faults, "\n".join(faults)


def looked_at(found: Visit, path: str) -> list[str]:
    """What is wrong with this page."""
    found.faults.clear()
    page = found.open(path)
    try:
        found.settled()
        expect(page.get_by_role("status", name=re.compile("Loading|正在加载"))).to_have_count(0)
    except AssertionError as never:
        return [*found.faults, f"never settled: {never}"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    caught = page.evaluate("window.caught")
    return [
        *found.violations(),
        *found.faults,
        *(each.group() for each in KEYS.finditer(page.inner_text("body"))),
        *([f"{wide} px too wide"] if wide > 0 else []),
        *([f"a {caught} ran"] if caught else []),
        *(["a picture of somebody else's"] if page.locator("img[src='x'], iframe").count() else []),
    ]
