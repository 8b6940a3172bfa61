"""Ordering trainings and mentorings: rights, splits, states and tokenizers, on a real database."""

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.errors import VersionNotFound
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind
from aird.core.errors import NotFound, NotPermitted
from aird.datasets import service as datasets
from aird.datasets.errors import DatasetNotUsable
from aird.datasets.models import DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.jobs.models import Job
from aird.testing import World
from aird.training import recipe, service
from aird.training.errors import NotTrainable, TeachersDiffer
from aird.training.recipe import DistillSpec, TrainSpec

TRAIN: dict[str, Any] = {"model": "support/new-mail", "base": "platform/base@1", "datasets": ["support/mails"]}
DISTILL: dict[str, Any] = {
    "model": "support/small-mail",
    "student": "platform/small@1",
    "teachers": [{"version": "support/mail", "dataset": "support/mails"}],
}
Order = Callable[..., Job]


@pytest.fixture
def order(world: World) -> Order:
    """A house with a base, a smaller one of its family, an adapter and data; orders by recipe."""
    facts = {"tokenizer_sha256": "t"}
    base = world.version("platform/base", kind=Kind.BASE, facts=facts)
    world.version("platform/small", kind=Kind.BASE, facts=facts)
    world.version("platform/foreign", kind=Kind.BASE, facts={"tokenizer_sha256": "u"})
    world.version("support/mail", kind=Kind.ADAPTER, base=base)
    line = json.dumps({"messages": [{"role": "user", "content": "?"}]}).encode() + b"\n"
    manifest = world.store.put_files({"train.jsonl": line, "unlabelled.jsonl": line})
    formats = {"train": DatasetFormat.CHAT, "unlabelled": DatasetFormat.PROMPT}
    new = NewDatasetVersion(manifest, {"train": 1, "unlabelled": 1}, formats)
    sam = world.actor("sam")
    with world.database.write() as session:
        dataset = datasets.add_dataset(session, sam, "support/mails", "Mails", DatasetKind.TRAINING)
        datasets.add_version(session, sam, dataset, new)

    def order(spec: dict[str, Any], by: str = "sam") -> Job:
        kind = "Distill" if "student" in spec else "Train"
        with world.database.write() as session:
            if kind == "Train":
                checked = cast(TrainSpec, recipe.check(spec, "Train"))
                return service.order_training(session, world.actor(by), checked)
            return service.order_distillation(
                session, world.actor(by), cast(DistillSpec, recipe.check(spec, "Distill"))
            )

    return order


def move(world: World, ref: str, *states: VersionState) -> None:
    with world.database.write() as session:
        for state in states:
            catalog.move(session, SYSTEM, catalog_queries.get_ref(session, ref), state)


def test_an_order_is_a_job_in_which_everything_is_resolved(world: World, order: Order) -> None:
    job = order({**TRAIN, "title": "Mail", "settings": {"steps": 5}, "limit": 3})
    assert (job.kind, job.title, job.state) == ("training.sft", "Mail", "queued")
    assert job.department_id == world.department_id("support")
    with world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/base@1")
        model = catalog_queries.get_model(session, "support/new-mail")
    assert (job.spec["model_id"], job.spec["base_id"]) == (str(model.id), str(base.id))
    [data] = job.spec["datasets"]
    assert (data["ref"], data["split"], data["limit"]) == ("support/mails@1", "train", 3)
    assert (job.spec["settings"]["steps"], job.spec["settings"]["method"]) == (5, "lora")
    assert job.spec["recipe"]["spec"]["settings"] == {"steps": 5}


def test_a_base_from_scratch_is_a_job_of_its_own_kind(order: Order) -> None:
    spec = {"model": "support/own", "method": "pretrain", "datasets": ["support/mails"]}
    job = order(spec)
    assert (job.kind, job.spec["base_id"], job.spec["tokenizer_id"]) == ("training.pretrain", None, None)
    assert order({**spec, "tokenizer_from": "platform/base"}).spec["tokenizer_id"] is not None


def test_a_mentoring_is_a_job_with_its_teachers_and_their_prompts(order: Order) -> None:
    job = order(DISTILL)
    [teacher] = job.spec["teachers"]
    assert (job.kind, teacher["prompts"]["split"]) == ("training.distill", "unlabelled")
    assert job.title == "Mentor support/small-mail"


@pytest.mark.parametrize("spec", [TRAIN, DISTILL], ids=["train", "distill"])
@pytest.mark.parametrize(("who", "may"), [("sam", True), ("lin", False), ("rui", False), ("ada", False)])
def test_ordering_needs_the_right_where_the_model_lies(
    world: World, order: Order, spec: dict[str, Any], who: str, may: bool
) -> None:
    if may:
        assert order(spec, by=who).created_by == world.actor(who).id
        return
    with pytest.raises(NotPermitted):
        order(spec, by=who)
    with world.database.read() as session:
        assert catalog_queries.find_model(session, spec["model"]) is None


def test_another_departments_data_and_weights_are_not_used(world: World, order: Order) -> None:
    own = {**TRAIN, "model": "platform/mine"}
    mentored = {**DISTILL, "model": "platform/mine"}
    for spec in (own, mentored, {**mentored, "student": "support/mail"}):
        with pytest.raises(NotPermitted):
            order(spec, by="rui")
    with world.database.write() as session:
        support = auth_queries.get_department(session, "support")
        auth.give_role(session, SYSTEM, auth_queries.get_person(session, "rui"), Role.STAFF, support)
    for spec in (own, mentored):
        assert order(spec, by="rui").state == "queued"


@pytest.mark.parametrize(
    "spec",
    [
        {**TRAIN, "split": "dev"},
        {**DISTILL, "teachers": [{"version": "support/mail", "dataset": "support/mails", "split": "dev"}]},
    ],
    ids=["train", "distill"],
)
def test_a_split_that_is_not_there_is_refused_with_those_that_are(order: Order, spec: dict[str, Any]) -> None:
    with pytest.raises(DatasetNotUsable, match=r"'dev'; it has train, unlabelled") as refusal:
        order(spec)
    told = {"why": "no_split", "ref": "support/mails@1", "split": "dev"}
    assert (refusal.value.status, refusal.value.params) == (422, told)


@pytest.mark.parametrize(
    "change",
    [{"base": "platform/base@2"}, {"base": "platform/nothing"}, {"datasets": ["support/mails@2"]}],
)
def test_what_is_not_there_is_not_found(order: Order, change: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        order({**TRAIN, **change})
    with pytest.raises(VersionNotFound):
        order({**DISTILL, "student": "platform/small@2"})


@pytest.mark.parametrize("state", [VersionState.SUSPENDED, VersionState.RETIRED])
@pytest.mark.parametrize(
    ("spec", "ref"),
    [(TRAIN, "platform/base@1"), (DISTILL, "platform/small@1"), (DISTILL, "support/mail@1")],
    ids=["base", "student", "teacher"],
)
def test_nothing_is_trained_from_what_is_out_of_service(
    world: World, order: Order, spec: dict[str, Any], ref: str, state: VersionState
) -> None:
    move(world, ref, state)
    with pytest.raises(NotTrainable, match=state.value):
        order(spec)


def test_a_measured_and_an_approved_version_are_trained_from(world: World, order: Order) -> None:
    for state in (VersionState.CANDIDATE, VersionState.APPROVED):
        move(world, "platform/base@1", state)
        assert order(TRAIN).state == "queued"


@pytest.mark.parametrize(("spec", "ref"), [(TRAIN, "platform/base@1"), (DISTILL, "platform/small@1")])
def test_nothing_is_trained_on_eight_bits(world: World, order: Order, spec: dict[str, Any], ref: str) -> None:
    assert order(spec).state == "queued"
    with world.database.write() as session:
        version = catalog_queries.get_ref(session, ref)
        version.facts = {**version.facts, "quantization": "int8"}
    with pytest.raises(NotTrainable, match=f"{ref} has weights in eight bits"):
        order(spec)


def test_an_adapter_is_trained_on_as_an_adapter_only(order: Order) -> None:
    with pytest.raises(NotTrainable, match="method `lora`"):
        order({**TRAIN, "base": "support/mail", "method": "full"})
    assert order({**TRAIN, "base": "support/mail"}).kind == "training.sft"
    with pytest.raises(NotTrainable, match="student: adapter"):
        order({**DISTILL, "student": "support/mail", "settings": {"student": "full"}})
    assert order({**DISTILL, "settings": {"student": "full"}}).kind == "training.distill"


def test_teachers_and_student_share_a_tokenizer(order: Order) -> None:
    with pytest.raises(TeachersDiffer) as refusal:
        order({**DISTILL, "student": "platform/foreign"})
    assert (refusal.value.status, refusal.value.params) == (
        422,
        {"teacher": "support/mail@1", "student": "platform/foreign@1"},
    )
    assert order(DISTILL).state == "queued"
