"""Who sat a suite, whether few versions of the catalog were measured or many."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import insert

from aird.catalog import matrix
from aird.catalog.models import Kind, Skill, Version
from aird.catalog.term_index import ENOUGH
from aird.testing import World


def score_often(world: World, version: Version) -> None:
    """So many scores that the versions are asked one after the other."""
    with world.database.write() as session:
        one = {"metric": "accuracy", "score": 0.5, "low": 0.4, "high": 0.6, "items": 10}
        one |= {"version_id": version.id, "measured_at": datetime.now(UTC), "run_id": uuid4()}
        scored = [one | {"suite": f"support/exam-{number}"} for number in range(ENOUGH)]
        session.execute(insert(Skill), scored)


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
def test_measured_versions_are_found_by_suite_and_department(world: World, many: bool) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    mail, books = (world.version(name, kind=Kind.ADAPTER, base=base) for name in ("support/mail", "finance/books"))
    world.score(mail, "support/exam", 0.5)
    world.score(books, "support/exam", 0.7)
    if many:
        score_often(world, books)
    with world.database.read() as session:
        found, _ = matrix.measured(session, world.actor("sam"), suites=("support/exam",))
        theirs, _ = matrix.measured(session, world.actor("sam"), department="support")
        nobody, _ = matrix.measured(session, world.actor("sam"), suites=("support/other",))
    assert [hit.ref for hit in found] == ["finance/books@1", "support/mail@1"]
    assert ([hit.ref for hit in theirs], nobody) == (["support/mail@1"], [])
