"""What teachers said is kept: a later student asks nobody, and what is broken or other is said anew."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from aird.catalog import queries as catalog_queries
from aird.catalog.errors import GatedModel, ModelNotFound
from aird.catalog.models import Visibility
from aird.core.clock import now
from aird.datasets import queries as dataset_queries
from aird.jobs.models import Job
from aird.server import gc
from aird.store.models import Blob
from aird.training import recipe, service, teachers
from aird.training.models import TeacherCache
from aird.training.recipe import DistillSpec
from tests.tiny import CHATS, PROMPTS, Workshop
from tests.training.test_tasks import QUICK, house, mentor

assert house  # a fixture: a base with two adapters, another base, data


def caches(workshop: Workshop) -> list[TeacherCache]:
    with workshop.world.database.read() as session:
        return list(session.scalars(select(TeacherCache).order_by(TeacherCache.created_at)))


def forwards(job: Job) -> int:
    assert job.state == "succeeded", job.error_message
    return int((job.result or {})["forwards"])


def test_a_second_student_asks_no_teacher(workshop: Workshop) -> None:
    first = mentor(workshop, "platform/tiny@1", "support/mail@1", "support/calls@1")
    second = mentor(workshop, "platform/tiny@1", "support/calls@1", "support/mail@1", seed=1)
    whole = mentor(workshop, "platform/other@1", "support/mail@1", student="full")
    assert forwards(first) > 0
    assert (forwards(second), forwards(whole)) == (0, 0)
    assert (second.result or {})["known"] == (second.result or {})["heard"] == 4
    assert [(each.items, each.uses) for each in caches(workshop)] == [(len(PROMPTS), 2), (len(PROMPTS), 1)]


def test_what_is_kept_teaches_the_same_as_what_is_said_now(workshop: Workshop) -> None:
    said = mentor(workshop, "platform/tiny@1", "support/mail@1")
    again = mentor(workshop, "platform/tiny@1", "support/mail@1")
    alone = mentor(workshop, "platform/tiny@1", "support/mail@1", cache=False)
    assert (forwards(again), forwards(alone)) == (0, forwards(said))
    assert len({(job.result or {})["digest"] for job in (said, again, alone)}) == 1


OTHER: list[dict[str, Any]] = [
    {"max_new_tokens": 5},
    {"temperature": 2.0},
    {"signal": "top", "top": 3},
    {"signal": "sampled", "draws": 5},
    {"max_length": 65},
]


@pytest.mark.parametrize("change", OTHER, ids=[next(iter(each)) for each in OTHER])
def test_other_settings_are_another_cache(workshop: Workshop, change: dict[str, Any]) -> None:
    mentor(workshop, "platform/tiny@1", "support/mail@1")
    other = mentor(workshop, "platform/tiny@1", "support/mail@1", **change)
    again = mentor(workshop, "platform/tiny@1", "support/mail@1", **change)
    assert forwards(other) > 0
    assert forwards(again) == 0
    assert len(caches(workshop)) == 2


def test_settings_of_the_student_alone_change_nothing(workshop: Workshop) -> None:
    mentor(workshop, "platform/tiny@1", "support/mail@1")
    other = mentor(workshop, "platform/tiny@1", "support/mail@1", loss="jsd", learning_rate=1e-4, seed=3)
    assert forwards(other) == 0


@pytest.mark.parametrize("what", ["lost", "damaged"])
def test_a_broken_cache_is_said_anew(workshop: Workshop, what: str) -> None:
    mentor(workshop, "platform/tiny@1", "support/mail@1")
    [cache] = caches(workshop)
    store = workshop.world.store
    for entry in store.manifest(cache.artifact).entries:
        store.backend.delete(entry.digest)
    if what == "lost":
        store.backend.delete(cache.artifact)
    assert forwards(mentor(workshop, "platform/tiny@1", "support/mail@1", seed=1)) > 0
    assert forwards(mentor(workshop, "platform/tiny@1", "support/mail@1", seed=2)) == 0
    assert len(caches(workshop)) == 1


def test_the_store_keeps_a_cache_as_long_as_it_is_on_record(workshop: Workshop) -> None:
    mentor(workshop, "platform/tiny@1", "support/mail@1")
    [cache] = caches(workshop)
    world = workshop.world
    with world.database.write() as session:
        session.execute(update(Blob).values(touched_at=now() - timedelta(days=2)))
    gc.collect(world.database, world.store, grace=timedelta(days=1))
    assert world.store.has(cache.artifact)
    with world.database.write() as session:
        session.execute(update(TeacherCache).values(used_at=now() - timedelta(days=40)))
        assert teachers.expire(session, unused=timedelta(days=41)) == 0
        assert teachers.expire(session, unused=timedelta(days=39)) == 1
    gc.collect(world.database, world.store, grace=timedelta(days=1))
    assert not world.store.has(cache.artifact)


def test_what_was_said_to_an_erased_data_set_is_forgotten(workshop: Workshop) -> None:
    mentor(workshop, "platform/tiny@1", "support/mail@1")
    with workshop.world.database.write() as session:
        assert teachers.expire(session) == 0
        dataset_queries.get_ref(session, "support/mail@1").kept = None
        session.flush()
        assert teachers.expire(session) == 1


@pytest.fixture
def private(workshop: Workshop) -> Workshop:
    """The teacher has spoken, and is hidden from other departments."""
    mentor(workshop, "platform/tiny@1", "support/mail@1")
    with workshop.world.database.write() as session:
        catalog_queries.get_model(session, "support/mail").visibility = Visibility.PRIVATE
    return workshop


def test_a_cache_gives_nobody_a_teacher_that_they_may_not_use(private: Workshop) -> None:
    spec = {
        "model": "platform/mine",
        "student": "platform/tiny@1",
        "teachers": [{"version": "support/mail@1", "dataset": "support/mail@1"}],
        "settings": {**QUICK, "max_new_tokens": 4},
    }
    checked = recipe.check(spec, "Distill")
    assert isinstance(checked, DistillSpec)
    world = private.world
    with pytest.raises(ModelNotFound), world.database.write() as session:
        service.order_distillation(session, world.actor("rui"), checked)
    with world.database.write() as session:
        catalog_queries.get_model(session, "support/mail").visibility = Visibility.INTERNAL
    with pytest.raises(GatedModel), world.database.write() as session:
        service.order_distillation(session, world.actor("rui"), checked)
    with world.database.write() as session:
        assert service.order_distillation(session, world.actor("sam"), checked).state == "queued"


def test_a_student_with_more_room_has_only_the_rest_said(workshop: Workshop) -> None:
    many = [{"messages": [{"role": "user", "content": f"Mail {n}"}]} for n in range(70)]
    workshop.dataset("support/many", unlabelled=many, train=CHATS)

    def learn(steps: int) -> Job:
        spec = {
            "model": "support/mentored", "student": "platform/tiny@1",
            "teachers": [{"version": "support/mail@1", "dataset": "support/many@1"}],
            "settings": {**QUICK, "batch_size": 35, "steps": steps, "max_new_tokens": 2},
        }  # fmt: skip
        with workshop.world.database.write() as session:
            checked = recipe.check(spec, "Distill")
            assert isinstance(checked, DistillSpec)
            service.order_distillation(session, workshop.world.actor("sam"), checked)
        return workshop.work()

    little, much = learn(1), learn(2)
    assert [(job.result or {})["known"] for job in (little, much)] == [0, 64]
    assert [(job.result or {})["heard"] for job in (little, much)] == [35, 70]
    assert [each.items for each in caches(workshop)] == [70]
    assert forwards(learn(2)) == 0
