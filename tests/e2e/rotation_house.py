"""A house with tiny adapters that can be merged and one that cannot, their exams, and a worker for what is ordered."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aird.jobs import inline, registry
from aird.jobs.models import Job
from aird.merge import searches, service
from aird.merge.schemas import MergeBody, SearchSpace
from aird.testing import World
from aird.worker import TASK_MODULES
from tests.e2e.catalog_house import serve
from tests.tiny import CHATS, PROMPTS, QUESTIONS, Workshop

RECIPE = "merge_method: tsv\nmodels: [{model: support/mail@1}, {model: hr/leave@1}]\n"


@dataclass
class RotationHouse:
    """The server's address and the workshop behind it."""

    workshop: Workshop
    url: str
    hands: ThreadPoolExecutor
    search: str = ""
    """The id of a search that has ended; platform/both came of a merge."""

    @property
    def world(self) -> World:
        return self.workshop.world

    def work(self, kind: str) -> Job:
        """Do what waits until a job of this kind is done; beside the browser, whose thread has a loop of its own."""
        return self.hands.submit(self._until, kind).result(240)

    def _until(self, kind: str) -> Job:
        registry.load(TASK_MODULES)
        for _ in range(20):
            job = inline.run_next(self.world.database, self.world.store, self.world.settings)
            assert job is not None, f"no {kind} was ordered"
            if job.kind == kind:
                assert (job.state, job.error_message) == ("succeeded", None)
                return job
        raise AssertionError(f"no {kind} among twenty jobs")


@contextmanager
def rotation_house(world: World, tiny: Mapping[str, Path]) -> Iterator[RotationHouse]:
    """Furnish the world, serve it, give it."""
    workshop = Workshop(world, tiny)
    base = workshop.model("platform/tiny", "base")
    other = workshop.model("platform/other", "other")
    mail = workshop.model("support/mail", "one", base=base)
    leave = workshop.model("hr/leave", "two", base=base)
    workshop.model("finance/bills", "three", base=base)
    workshop.model("finance/foreign", "one", base=other)
    items = {"exam": QUESTIONS, "dev": [{**each, "id": f"d{each['id']}"} for each in QUESTIONS]}
    for suite, scores in {"support/exam": (0.9, 0.3), "hr/exam": (0.4, 0.8)}.items():
        workshop.suite(suite, **items)
        for version, score in zip((mail, leave), scores, strict=True):
            world.score(version, suite, score)
    workshop.dataset("support/mails", train=CHATS, unlabelled=PROMPTS)
    with serve(world) as url, ThreadPoolExecutor(1) as hands:
        house = RotationHouse(workshop, url, hands)
        _furnish(house)
        yield house


def _furnish(house: RotationHouse) -> None:
    """A merge and a search that are done."""
    sam = house.world.actor("sam")
    space = SearchSpace(suites=["support/exam", "hr/exam"], trials=3, weights=True)
    with house.world.database.write() as session:
        service.order_merge(session, sam, MergeBody(yaml=RECIPE, model="platform/both"))
    house.work("merge.run")
    with house.world.database.write() as session:
        house.search = str(searches.order(session, sam, MergeBody(yaml=RECIPE, search=space)).id)
    house.work("merge.search")
