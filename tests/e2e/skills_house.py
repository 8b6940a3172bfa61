"""A house of examined versions: four of the support desk, one of the accountants, and gates that hold them apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aird.approval import service as approvals
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.evaluation import service
from aird.evaluation.gates import Measure
from aird.evaluation.schemas import GateRule
from aird.testing import World
from tests.e2e.catalog_house import serve
from tests.evaluation.conftest import School
from tests.evaluation.test_pairing import ITEMS, sit

EXAMS = ("support/mail", "support/tone", "support/calls", "hr/leave")
SHARES = ((0.5, 0.6, 0.4, 0.7), (0.6, 0.65, 0.5, 0.7), (0.75, 0.7, 0.6, 0.65), (0.85, 0.8, 0.7, 0.5))
"""What each version of support/desk has right, by exam: three skills grow, the last one is forgotten."""


@dataclass
class SkillsHouse:
    """The server's address, and the approval that the forgotten skill stands against."""

    world: World
    url: str
    approval: str


@contextmanager
def skills_house(world: World) -> Iterator[SkillsHouse]:
    """Furnish the world, serve it, give it."""
    approval = _furnish(world)
    with serve(world) as url:
        yield SkillsHouse(world, url, approval)


def _furnish(world: World) -> str:
    school = School(world)
    suites = [school.suite(name, exam=ITEMS) for name in EXAMS]
    desk = [world.version("support/desk") for _ in SHARES]
    books = world.version("finance/books")
    for version, shares in zip([*desk, books], [*SHARES, (0.3, 0.4, 0.35, 0.6)], strict=True):
        for place, (suite, share) in enumerate(zip(suites, shares, strict=True)):
            # A version is right on the easiest items first, but for a few, so that two of them win and lose some.
            easy = [(n * 7 + place) % 200 < share * 200 for n in range(200)]
            sit(school, version, suite, [each is not (n % 29 == version.number) for n, each in enumerate(easy)])
    return _asked(world, desk[3])


def _asked(world: World, version: Version) -> str:
    """The newest version is asked for, against the one before it."""
    reference = "support/desk@3"
    rules = [
        GateRule(suite="support/mail", measure=Measure.BETTER, reference=reference),
        GateRule(suite="support/tone", measure=Measure.NONINFERIOR, reference=reference, margin=0.05),
        GateRule(measure=Measure.MAX_DROP, reference=reference, margin=0.02),
    ]
    with world.database.write() as session:
        mei = auth_queries.get_person(session, "mei")
        auth.give_role(session, SYSTEM, mei, Role.STAFF, None)
        service.add_gate(session, SYSTEM, auth_queries.get_department(session, "support"), "no-forgetting", rules)
    lin = world.actor("lin")
    with world.database.write() as session:
        found = catalog_queries.version_by_id(session, version.id)
        asked = approvals.ask(session, world.store, lin, found, "support/desk", "New desk", "Fewer mistakes")
        return str(asked.id)
