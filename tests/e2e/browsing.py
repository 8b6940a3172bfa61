"""Pages of a real server in Debian's chromium: signed in, watched for errors and for requests to anywhere else."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aird.testing import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
LAUNCH: dict[str, Any] = {
    "executable_path": str(CHROMIUM),
    "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"],
}  # fmt: skip
LANGUAGES = ["zh-CN", "en-US"]
THEMES = ["dark", "light"]
LOOKS = [
    pytest.param(
        {"locale": "zh-CN", "color_scheme": "dark", "viewport": {"width": 390, "height": 844}}, id="zh-CN-dark"
    ),
    pytest.param({"locale": "en-US", "color_scheme": "light"}, id="en-US-light"),
]
"""In what the long tests of a slice look at its pages once more; test_every_page looks at every route in both."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@dataclass
class Visit:
    """A page of one signed-in person; `faults` collects what should not have happened."""

    url: str
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """The page at this address."""
        self.page.goto(self.url + path)
        return self.page

    def settled(self) -> None:
        """Wait until the page shows its data. It is never idle: each tab listens to a stream."""
        expect(self.page.locator("h1").first).to_be_visible()
        expect(self.page.locator(".mantine-Skeleton-root")).to_have_count(0)

    def watch(self) -> None:
        """Note errors of the console and of scripts, and requests that leave the server."""
        page = self.page
        page.on("console", lambda each: self.faults.append(each.text) if each.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._note(request.method, request.url))

    def _note(self, method: str, url: str) -> None:
        self.requests.append((method, url.removeprefix(self.url)))
        if not url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"{method} {url}")

    def violations(self) -> list[str]:
        """What axe finds against WCAG 2.1 A and AA, with the first element of each."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def visit(browser: Browser, url: str, username: str | None = "sam", **options: Any) -> Visit:
    """A window of this person, or of nobody yet; options are those of a browser context: locale, color_scheme.

    Nothing moves in it: what fades in has the contrast of neither its beginning nor its end.
    """
    expect.set_options(timeout=30_000)  # the machines of tests are busy
    still = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
    context = browser.new_context(**{**still, **options})
    if username is not None:
        answer = context.request.post(f"{url}/api/v1/session", data={"username": username, "password": PASSWORD})
        assert answer.ok, answer.text()
        # The cookie cannot be read by the page: this mark tells it that asking who is signed in is worth it.
        context.add_init_script("localStorage.setItem('aird.signed-in', '1')")
    found = Visit(url, context, context.new_page())
    found.watch()
    return found
