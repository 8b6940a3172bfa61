"""Pictures of the main pages for the documentation, taken from the sample organisation in both languages."""

from pathlib import Path

from playwright.sync_api import Page, expect

PAGES = {
    "home": "/",
    "directory": "/models?view=table",
    "file": "/models/platform/assistant",
    "family": "/models/platform/apprentice?tab=lineage",
    "skills": "/skills",
    "approvals": "/approvals?state=all",
}
LANGUAGES = {"en": "en-US", "zh-CN": "zh-CN"}
SIZE = {"width": 1120, "height": 720}


def take(page: Page, url: str, language: str, folder: Path) -> list[Path]:
    """Each page as `home.en.jpg` in the folder, as its reader sees it at first."""
    taken = []
    for name, path in PAGES.items():
        page.goto(url + path)
        expect(page.locator("h1").first).to_be_visible(timeout=60_000)
        expect(page.locator(".mantine-Skeleton-root, .mantine-Loader-root")).to_have_count(0, timeout=60_000)
        page.wait_for_timeout(700)  # a picture has no rights or wrongs: charts and layouts may still be moving
        taken.append(folder / f"{name}.{language}.jpg")
        page.screenshot(path=taken[-1], type="jpeg", quality=50)
    return taken
