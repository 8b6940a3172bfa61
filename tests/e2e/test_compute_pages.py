"""The compute board in a real browser: who holds what, who waits and why, quotas; both languages, clean for axe."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from aird.jobs import leases, machines, service
from aird.jobs.machines import Chip, Offer
from aird.jobs.models import QuotaRow
from aird.jobs.needs import Needs, Priority
from aird.testing import World
from tests.e2e.browsing import CHROMIUM, Visit, visit
from tests.e2e.catalog_house import serve
from tests.e2e.conftest import world_of_its_own
from tests.jobs.sample_tasks import Echo

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("compute-pages"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]

WORKERS = {"alpha": "host/1:1:1", "beta": "host/1:2:1"}


def furnish(world: World) -> None:
    """Two machines with four chips each; support borrows, finance waits for its share, hr has passed its limit."""
    for name in ("ada",):
        world.set_password(name)
    ids = {key: world.department_id(key) for key in ("support", "finance", "hr")}
    sam = world.actor("sam")
    with world.database.write() as session:
        for name, worker in WORKERS.items():
            chips = tuple(Chip("h100-80gb-hbm3", index, 80 * 2**30) for index in range(4))
            machines.announce(session, worker, "process", [Offer(name, 2, 256 * 2**30, chips)], lease_seconds=9000)
        for key, deserved, limit in (("finance", 4, None), ("support", 2, None), ("hr", 2, 2)):
            session.add(
                QuotaRow(
                    department_id=ids[key], flavour="h100-80gb-hbm3", guarantee=0, deserved=deserved, limit=limit,
                    weight=1.0,
                )
            )  # fmt: skip

    def order(key: str, needs: Needs, title: str) -> None:
        with world.database.write() as session:
            service.enqueue(session, sam, "training.sft", Echo(), title=title, department_id=ids[key], needs=needs)

    def claim(worker: str) -> None:
        with world.database.write() as session:
            assert leases.claim(session, WORKERS[worker], lease_seconds=9000, attempts=3) is not None

    order("support", Needs(chips=4), "support/assistant")
    claim("alpha")
    order("support", Needs(chips=2, priority=Priority.LOW), "support/mail")
    claim("beta")
    order("hr", Needs(chips=2, priority=Priority.HIGH), "hr/leave")
    claim("beta")
    order("hr", Needs(chips=1), "hr/onboarding")
    for _ in range(3):
        order("finance", Needs(chips=4, memory=60 * 2**30), "finance/bills")
    order("support", Needs(), "support/small")
    claim("alpha")


@pytest.fixture(scope="module")
def url(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with world_of_its_own(empty_database, tmp_path_factory.mktemp("compute")) as world:
        furnish(world)
        with serve(world) as address:
            yield address


@pytest.fixture
def ada(browser: Browser, url: str) -> Iterator[Visit]:
    found = visit(browser, url, "ada")
    yield found
    found.context.close()
    assert found.faults == []


def test_the_board_shows_machines_their_holders_and_the_queue_with_reasons(ada: Visit) -> None:
    page = ada.open("/compute")
    alpha = page.get_by_role("article", name="alpha")
    expect(alpha).to_contain_text("4 of 4 chips taken")
    expect(alpha.get_by_role("link", name="support/assistant").first).to_be_visible()
    expect(page.get_by_role("article", name="beta")).to_contain_text("keeps its place")
    queue = page.get_by_role("table", name="Queue")
    expect(queue).to_contain_text("hr holds 2 h100-80gb-hbm3 and asks for 1; its limit is 2.")
    expect(queue).to_contain_text("and 2 more like it")
    expect(page.get_by_role("table", name="Quotas")).to_contain_text("borrows 4")
    assert ada.violations() == []


def test_an_admin_sets_a_quota_and_is_told_what_is_wrong_with_one(ada: Visit) -> None:
    page = ada.open("/compute")
    page.get_by_role("button", name="Set quota").click()
    form = page.get_by_role("dialog", name="Set quota")
    form.get_by_label("Department").select_option("platform")
    form.get_by_label("Guarantee").fill("9")
    form.get_by_label("Deserved").fill("9")
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("cannot be guaranteed")
    form.get_by_label("Guarantee").fill("1")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="Quotas").get_by_role("row", name="platform")).to_contain_text("9")
    expect(page.get_by_role("row", name="platform").get_by_role("button", name="Remove")).to_be_visible()
    page.get_by_role("row", name="platform").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name="platform")).to_have_count(0)
    ada.faults[:] = [each for each in ada.faults if "422" not in each]  # the browser's own line about the refusal


def test_an_admin_who_reads_chinese_is_told_in_chinese_what_is_wrong_with_a_quota(browser: Browser, url: str) -> None:
    ada = visit(browser, url, "ada", locale="zh-CN")
    page = ada.open("/compute")
    page.get_by_role("button", name="设置配额").click()
    form = page.get_by_role("dialog", name="设置配额")
    form.get_by_label("部门").select_option("platform")
    form.get_by_label("保底").fill("9")
    form.get_by_label("应得").fill("9")
    form.get_by_role("button", name="保存").click()
    expect(form).to_contain_text("无法保底 9 个 h100-80gb-hbm3：已知的机器共有 8 个")
    ada.context.close()


def test_staff_see_the_board_in_chinese_and_in_the_dark_and_may_not_change_it(browser: Browser, url: str) -> None:
    sam = visit(browser, url, "sam", locale="zh-CN", color_scheme="dark")
    page = sam.open("/compute")
    expect(page.get_by_role("heading", name="算力", exact=True)).to_be_visible()
    expect(page.get_by_role("table", name="队列")).to_contain_text("上限是 2")
    expect(page.get_by_role("button", name="设置配额")).to_have_count(0)
    assert sam.violations() == []
    assert sam.faults == []
    sam.context.close()
