"""A house with two career plans: one that has stopped at a gate, one that begins as it does; jobs are done by hand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from aird.testing import World
from tests.e2e.catalog_house import serve
from tests.planning.conftest import CAREER, School, train

GATED = {
    **CAREER,
    "mail": {**CAREER["mail"], "title": "Mail", "gate": [{"suite": "support/mail-exam", "at_least": 0.8}]},
}
SCORES = {
    "support/mail": {"support/mail-exam": 0.72, "support/call-exam": 0.3},
    "support/calls": {"support/mail-exam": 0.2, "support/call-exam": 0.9},
    "support/lead": {"support/mail-exam": 0.7, "support/call-exam": 0.88},
}


@dataclass
class PlansHouse:
    """The server's address and the school behind it."""

    school: School
    url: str
    hands: ThreadPoolExecutor

    def work(self) -> None:
        """Do what is ordered; beside the browser, whose thread has a loop of its own."""
        self.hands.submit(self.school.work, seconds=90.0).result(120)


@contextmanager
def plans_house(world: World) -> Iterator[PlansHouse]:
    """Furnish the world, serve it, give it."""
    school = School(world, SCORES)
    school.furnish()
    profile = [{"suite": "support/mail-exam", "level": 0.8}, {"suite": "support/call-exam", "level": 0.85}]
    school.apply(school.text(stages=GATED, profile=profile, forgetting={"max_drop": 0.05}))
    school.work(seconds=90)
    first = {"first": {"train": train("support/first", "support/mails@1"), "teaches": ["support/mail-exam"]}}
    school.apply(school.text("support/other", first, profile=profile[:1]))
    school.work(seconds=90)
    with serve(world) as url, ThreadPoolExecutor(1) as hands:
        yield PlansHouse(school, url, hands)
