"""What children of this house kept of their parents, and how long signatures took."""

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.jobs import service as jobs
from aird.planning.advice import history
from aird.planning.advice.facts import Span, Way
from aird.planning.advice.schemas import FollowJob
from aird.testing import World


def adapter(world: World, name: str, base: Version, scores: dict[str, float], *parents: Parent) -> Version:
    made = world.version(name, kind=Kind.ADAPTER, base=base, parents=list(parents))
    for suite, score in scores.items():
        world.score(made, suite, score)
    return made


def test_children_are_held_against_the_best_of_their_parents(world: World) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    mail = adapter(world, "support/mail", base, {"mail": 0.8, "calls": 0.2})
    calls = adapter(world, "support/calls", base, {"mail": 0.4, "calls": 0.9})
    merged = [Parent(each, Relation.MERGE, 0.5) for each in (mail, calls)]
    adapter(world, "support/both", base, {"mail": 0.72, "calls": 0.72}, *merged)
    adapter(world, "support/taught", base, {"mail": 0.6, "calls": 0.1}, Parent(mail, Relation.TEACHER, None))
    with world.database.read() as session:
        kept = history.kept(session)
    assert kept[Way.MERGE] == [pytest.approx((0.9 + 0.8) / 2)]
    assert kept[Way.DISTIL] == [pytest.approx(0.75)], "the exam that the teacher is best in"
    assert kept[Way.TRAIN] == [], "no training made them"


def test_a_training_closes_a_share_of_the_gap_in_what_it_taught(world: World) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    for suite, score in (("mail", 0.2), ("calls", 0.5)):
        world.score(base, suite, score)
    made = adapter(world, "support/mail", base, {"mail": 0.8, "calls": 0.4})
    with world.database.write() as session:
        spec = FollowJob(request_id=made.id, job_id=made.id)
        support = world.department_id("support")
        job = jobs.enqueue(session, SYSTEM, history.TRAININGS, spec, title="t", department_id=support)
        world.reload(session, made).job_id = job.id
    with world.database.read() as session:
        assert history.kept(session)[Way.TRAIN] == [pytest.approx(0.75)]


def test_signatures_tell_how_long_they_take_once_there_are_three(world: World) -> None:
    with world.database.read() as session:
        assert history.signature_hours(session) is None
    assert history.span([1.0, 2.0, 3.0]) == Span(1.2, 2.0, 2.8)
