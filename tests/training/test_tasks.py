"""The jobs of training and mentoring, done with tiny models and few steps: what they file and what they tell."""

from typing import Any, cast

import pytest

from aird.audit import queries as audit_queries
from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import views
from aird.catalog.schemas import VersionRead
from aird.jobs.models import Job
from aird.training import recipe, service
from aird.training.recipe import DistillSpec, TrainSpec
from tests.tiny import CHATS, PROMPTS, Workshop

QUICK = {"steps": 2, "batch_size": 2, "max_length": 64, "lora": {"r": 2, "alpha": 4}}
SMALL = {
    "architecture": {"hidden_size": 16, "layers": 1, "heads": 2, "max_positions": 64},
    "tokenizer": {"vocab_size": 300},
    **{"steps": 2, "batch_size": 2, "max_length": 32},
}


@pytest.fixture(autouse=True)
def house(workshop: Workshop) -> None:
    """A base with two adapters, another base of the same family, and data."""
    base = workshop.model("platform/tiny", "base")
    workshop.model("platform/other", "other")
    workshop.model("support/mail", "one", base=base)
    workshop.model("support/calls", "two", base=base)
    workshop.dataset(train=CHATS, unlabelled=PROMPTS)


def train(workshop: Workshop, **spec: Any) -> Job:
    spec = {"model": "support/new-mail", "datasets": ["support/mail@1"], "settings": QUICK, **spec}
    with workshop.world.database.write() as session:
        found = cast(TrainSpec, recipe.check(spec, "Train"))
        service.order_training(session, workshop.world.actor("sam"), found)
    return workshop.work()


def mentor(workshop: Workshop, student: str, /, *teachers: str, **settings: Any) -> Job:
    spec = {
        "model": "support/mentored",
        "student": student,
        "teachers": [{"version": each, "dataset": "support/mail@1"} for each in teachers],
        "settings": {**QUICK, "max_new_tokens": 4, **settings},
    }
    with workshop.world.database.write() as session:
        found = cast(DistillSpec, recipe.check(spec, "Distill"))
        service.order_distillation(session, workshop.world.actor("sam"), found)
    return workshop.work()


def filed(workshop: Workshop, job: Job) -> VersionRead:
    """The version that the job filed."""
    assert (job.state, job.error_message) == ("succeeded", None)
    with workshop.world.database.read() as session:
        version = catalog_queries.get_ref(session, (job.result or {})["version"])
        assert (version.job_id, (job.result or {})["digest"]) == (job.id, version.artifact)
        return views.version_read(session, workshop.world.store, SYSTEM, version)


def edges(version: VersionRead) -> set[tuple[str, str]]:
    return {(each.ref, each.relation.value) for each in version.parents}


def test_a_new_adapter_is_filed_on_its_base(workshop: Workshop) -> None:
    job = train(workshop, base="platform/tiny@1", license="mit", notes="First")
    version = filed(workshop, job)
    assert (version.ref, version.kind, version.base) == ("support/new-mail@1", "adapter", "platform/tiny@1")
    assert edges(version) == {("platform/tiny@1", "base")}
    assert (version.facts["rank"], version.license, version.notes) == (2, "mit", "First")
    assert (version.created_by, version.state) == ("sam", "draft")
    record = version.training
    assert record is not None
    assert (record.kind, record.recipe["kind"], record.metrics["steps"]) == ("training.sft", "Train", 2)
    assert [(each["ref"], each["split"]) for each in record.datasets] == [("support/mail@1", "train")]
    assert (job.result or {})["final_loss"] == record.metrics["final_loss"] > 0


def test_an_adapter_that_is_trained_on_remembers_where_it_began(workshop: Workshop) -> None:
    version = filed(workshop, train(workshop, base="support/mail@1", model="support/mail"))
    assert (version.ref, version.facts["rank"]) == ("support/mail@2", 4)
    assert edges(version) == {("platform/tiny@1", "base"), ("support/mail@1", "continued")}


def test_a_whole_model_is_filed_as_the_bases_descendant(workshop: Workshop) -> None:
    version = filed(workshop, train(workshop, base="platform/tiny@1", method="full"))
    assert (version.kind, version.base, edges(version)) == ("full", None, {("platform/tiny@1", "continued")})
    with workshop.world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/tiny@1")
    assert version.facts["tokenizer_sha256"] == base.facts["tokenizer_sha256"]
    assert version.parameters == base.facts["parameters"]


def test_a_base_from_scratch_has_no_parents(workshop: Workshop) -> None:
    version = filed(workshop, train(workshop, method="pretrain", settings=SMALL))
    assert (version.kind, version.base, version.parents) == ("base", None, [])
    assert version.training is not None
    assert (version.training.kind, version.facts["architecture"]) == ("training.pretrain", "llama")


def test_a_base_from_scratch_may_take_anothers_tokenizer(workshop: Workshop) -> None:
    settings = {**SMALL, "max_length": 32}
    version = filed(workshop, train(workshop, method="pretrain", settings=settings, tokenizer_from="support/mail@1"))
    with workshop.world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/tiny@1")
    assert version.facts["tokenizer_sha256"] == base.facts["tokenizer_sha256"]


def test_an_adapter_is_finished_by_its_teachers(workshop: Workshop) -> None:
    job = mentor(workshop, "support/calls@1", "support/mail@1", "support/calls@1")
    version = filed(workshop, job)
    assert (version.kind, version.base, version.facts["rank"]) == ("adapter", "platform/tiny@1", 2)
    assert edges(version) == {
        ("platform/tiny@1", "base"),
        ("support/calls@1", "student"),
        ("support/mail@1", "teacher"),
    }
    assert version.training is not None
    assert [each["split"] for each in version.training.datasets] == ["unlabelled", "unlabelled"]


def test_a_base_as_student_gets_a_new_adapter(workshop: Workshop) -> None:
    version = filed(workshop, mentor(workshop, "platform/tiny@1", "support/mail@1", "support/mail@1"))
    assert (version.kind, version.facts["rank"]) == ("adapter", 2)
    assert edges(version) == {("platform/tiny@1", "base"), ("support/mail@1", "teacher")}


def test_a_whole_student_learns_from_an_adapter_of_another_base(workshop: Workshop) -> None:
    version = filed(workshop, mentor(workshop, "platform/other@1", "support/mail@1", student="full"))
    assert (version.kind, version.base) == ("full", None)
    assert edges(version) == {("platform/other@1", "student"), ("support/mail@1", "teacher")}


def test_the_same_recipe_again_files_nothing_twice(workshop: Workshop) -> None:
    first, second = (train(workshop, base="platform/tiny@1") for _ in range(2))
    assert filed(workshop, first).ref == "support/new-mail@1"
    assert (second.state, (second.result or {})["digest"]) == ("succeeded", (first.result or {})["digest"])
    with workshop.world.database.read() as session:
        model = catalog_queries.get_model(session, "support/new-mail")
        added = audit_queries.entries(session, event="catalog.version.added", subject="support/new-mail")
    assert (model.latest_number, len(added)) == (1, 1)
    other = train(workshop, base="platform/tiny@1", settings={**QUICK, "seed": 1})
    assert filed(workshop, other).ref == "support/new-mail@2"


def test_a_limit_takes_the_first_items_only(workshop: Workshop) -> None:
    job = train(workshop, base="platform/tiny@1", limit=1, settings={**QUICK, "batch_size": 1})
    more = train(workshop, base="platform/tiny@1", model="support/more-mail")
    assert filed(workshop, job).training.datasets[0]["limit"] == 1  # type: ignore[union-attr]
    assert 0 < (job.result or {})["tokens"] < (more.result or {})["tokens"]


def test_what_cannot_be_trained_fails_with_a_reason_and_files_nothing(workshop: Workshop) -> None:
    job = train(workshop, base="platform/tiny@1", settings={**QUICK, "lora": {"target_modules": ["c_attn"]}})
    assert (job.state, job.error_code) == ("failed", "adapter_unusable")
    with workshop.world.database.read() as session:
        assert catalog_queries.get_model(session, "support/new-mail").latest_number == 0
    assert list((workshop.world.settings.home / "scratch").glob("*")) == []
