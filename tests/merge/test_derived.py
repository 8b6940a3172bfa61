"""Versions made from one other, from the order to the file: what is filed, with whom as parents, and what is told."""

from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import select, update

from aird.catalog import licences, reproduction
from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Parentage, Version
from aird.core.errors import AirdError, NotPermitted
from aird.evaluation import queries as evaluation_queries
from aird.evaluation import service as evaluation
from aird.jobs import registry
from aird.jobs.models import Job
from aird.merge import derived
from aird.merge.errors import NotDerivable
from aird.merge.models import MergeReport
from aird.merge.schemas import BakeBody, ExtractBody, QuantizeBody, ReportRead
from aird.testing_ml import make_adapter
from tests.merge.test_bake import answers
from tests.tiny import QUESTIONS, Workshop

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
ORDERS: dict[type, Any] = {
    ExtractBody: derived.order_extraction,
    BakeBody: derived.order_baking,
    QuantizeBody: derived.order_quantization,
}


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> tuple[Version, Version]:
    """A base and an adapter on it."""
    base = workshop.model("platform/tiny", "base")
    return base, workshop.model("support/mail", "one", base=base)


def order(workshop: Workshop, body: Any, by: str = "sam") -> Job:
    with workshop.world.database.write() as session:
        found: Job = ORDERS[type(body)](session, workshop.world.actor(by), body)
        return found


def filed(workshop: Workshop, body: Any) -> Version:
    ordered = order(workshop, body)
    job = workshop.work()
    while job.id != ordered.id:  # what compares adapters by itself may come first
        job = workshop.work()
    assert (job.state, job.error_message) == ("succeeded", None)
    with workshop.world.database.read() as session:
        version = catalog_queries.get_ref(session, (job.result or {})["version"])
        assert version.job_id == job.id
        return version


def told(workshop: Workshop, version: Version) -> ReportRead:
    with workshop.world.database.read() as session:
        row = session.scalars(select(MergeReport).where(MergeReport.version_id == version.id)).one()
        return ReportRead.model_validate(row.data)


def edges(workshop: Workshop, version: Version) -> list[tuple[str, str]]:
    with workshop.world.database.read() as session:
        rows = session.scalars(select(Parentage).where(Parentage.child_id == version.id)).all()
        refs = catalog_queries.versions_by_id(session, [each.parent_id for each in rows])
        return sorted((refs[each.parent_id].ref, each.relation.value) for each in rows)


def laid(workshop: Workshop, version: Version, place: Path) -> Path:
    return workshop.world.store.fetch(version.artifact, place)


def test_an_adapter_is_put_into_its_base(workshop: Workshop, tmp_path: Path) -> None:
    child = filed(workshop, BakeBody(version="support/mail@1", notes="For a runtime without adapters."))
    assert (child.ref, child.kind, child.base_id) == ("support/mail-whole@1", Kind.FULL, None)
    assert edges(workshop, child) == [("platform/tiny@1", "continued"), ("support/mail@1", "baked")]
    folders = workshop.folders
    torch.testing.assert_close(
        answers(laid(workshop, child, tmp_path / "child")),
        answers(folders["base"], folders["one"]),
        rtol=1e-4,
        atol=1e-4,
    )
    found = told(workshop, child)
    assert (found.version, found.method, found.parents, found.exact) == (child.ref, "bake", ["support/mail@1"], True)
    assert len(found.modules) == 14
    assert child.facts["differences"] == []


def test_baked_and_extracted_again_the_adapter_is_back(workshop: Workshop, tmp_path: Path) -> None:
    filed(workshop, BakeBody(version="support/mail@1", model="support/whole"))
    child = filed(workshop, ExtractBody(version="support/whole@1", rank=4))
    assert (child.ref, child.kind, child.facts["rank"]) == ("support/whole-lora@1", Kind.ADAPTER, 4)
    assert edges(workshop, child) == [("platform/tiny@1", "base"), ("support/whole@1", "extracted")]
    base, adapter = workshop.folders["base"], workshop.folders["one"]
    torch.testing.assert_close(
        answers(base, laid(workshop, child, tmp_path / "child")), answers(base, adapter), rtol=1e-3, atol=1e-3
    )
    found = told(workshop, child)
    assert (found.method, found.rank, found.energy_kept) == ("extract", 4, pytest.approx(1, abs=1e-6))
    assert child.record["metrics"]["lost"] == []


def test_an_adapter_is_cut_to_the_energy_that_was_asked_for(workshop: Workshop) -> None:
    child = filed(workshop, ExtractBody(version="support/mail@1", energy=0.6, model="support/small"))
    assert 1 <= child.facts["rank"] < 4
    assert all(each.energy_kept >= 0.6 for each in told(workshop, child).modules)
    assert f"Rank {child.facts['rank']} keeps" in child.record["metrics"]["statement"]


def test_a_whole_model_in_eight_bits_sits_the_exam(workshop: Workshop) -> None:
    child = filed(workshop, QuantizeBody(version="platform/tiny@1", model="support/eight"))
    assert (child.ref, child.kind, child.facts["quantization"]) == ("support/eight@1", Kind.FULL, "int8")
    assert edges(workshop, child) == [("platform/tiny@1", "quantized")]
    assert 0.001 < child.record["metrics"]["error"] < 0.02
    workshop.suite("support/exam", exam=QUESTIONS)
    registry.load(["aird.evaluation.tasks"])
    with workshop.world.database.write() as session:
        versions = [catalog_queries.get_ref(session, child.ref)]
        evaluation.order(
            session, workshop.world.actor("sam"), versions, [evaluation_queries.get_suite(session, "support/exam")]
        )
    job = workshop.work()
    assert (job.kind, job.state, job.error_message) == ("evaluation.run", "succeeded", None)


@pytest.mark.parametrize(
    "body",
    [
        BakeBody(version="support/mail@1"),
        ExtractBody(version="support/mail@1", rank=2),
        QuantizeBody(version="platform/tiny@1", model="support/eight"),
    ],
)
def test_the_same_bytes_come_out_when_it_is_done_again(workshop: Workshop, body: Any) -> None:
    child = filed(workshop, body)
    with workshop.world.database.write() as session:
        version = catalog_queries.get_ref(session, child.ref)
        ordered = reproduction.order(session, workshop.world.actor("sam"), version)
    job = workshop.work()
    while job.id != ordered.id:
        job = workshop.work()
    assert (job.error_message, (job.result or {})["same"]) == (None, True)


def test_restrictions_come_down_from_every_parent(workshop: Workshop) -> None:
    with workshop.world.database.write() as session:
        base = catalog_queries.get_ref(session, "platform/tiny@1")
        base.restrictions = [*licences.own("llama3.1"), "attribution"]
        catalog_queries.get_ref(session, "support/mail@1").license = "cc-by-nc-4.0"
    child = filed(workshop, BakeBody(version="support/mail@1"))
    assert child.license == "cc-by-nc-4.0"
    assert {*licences.own("llama3.1"), *licences.own("cc-by-nc-4.0"), "attribution"} <= set(child.restrictions)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (BakeBody(version="platform/tiny@1"), "is a whole model already"),
        (QuantizeBody(version="support/mail@1"), r"is an adapter.*aird bake"),
        (ExtractBody(version="platform/tiny@1"), r"does not know what platform/tiny@1 was tuned from.*--base"),
        (ExtractBody(version="platform/tiny@1", base="platform/tiny@1"), "are the same bytes"),
        (ExtractBody(version="platform/tiny@1", base="support/mail@1"), "is an adapter; a fine-tune is held against"),
        (ExtractBody(version="platform/tiny@1", base="platform/foreign@1"), "differ in the size of their vocabulary"),
        (ExtractBody(version="support/mail@1", base="platform/other@1"), "is an adapter for platform/tiny@1"),
        (QuantizeBody(version="platform/eight@1"), "is quantised. Use the version that it was made from"),
        (ExtractBody(version="platform/blind@1"), "without a look into its weights"),
        (BakeBody(version="support/gone@1"), "is retired; nothing is made from it"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_way_out(workshop: Workshop, body: Any, message: str) -> None:
    base = workshop.model("platform/foreign", "foreign")
    workshop.model("platform/other", "other")
    workshop.world.version("platform/blind")
    workshop.world.version("platform/eight", facts={**base.facts, "quantization": "int8"})
    gone = workshop.world.version("support/gone", kind=Kind.ADAPTER, base=base, facts={"shapes": {}})
    with workshop.world.database.write() as session:
        catalog_queries.version_by_id(session, gone.id).state = VersionState.RETIRED
    with pytest.raises(NotDerivable, match=message):
        order(workshop, body)


def test_a_tuned_model_is_held_against_the_base_that_is_named(workshop: Workshop) -> None:
    workshop.model("platform/other", "other")
    child = filed(
        workshop, ExtractBody(version="platform/other@1", base="platform/tiny@1", rank=8, model="support/diff")
    )
    statement = child.record["metrics"]["statement"]
    assert "Left as the base has them are 1 tensors" in statement
    assert child.record["metrics"]["lost"][0]["tensor"] == "model.embed_tokens.weight"
    assert child.record["metrics"]["energy_kept"] + child.record["metrics"]["slack"] <= 1 + 1e-9


def test_only_who_may_write_there_may_order_it(workshop: Workshop) -> None:
    order(workshop, BakeBody(version="support/mail@1", model="support/ours"), by="sam")
    with pytest.raises(NotPermitted):
        order(workshop, BakeBody(version="support/mail@1", model="support/theirs"), by="omar")


def test_a_name_that_does_not_fit_asks_for_one(workshop: Workshop, tmp_path: Path) -> None:
    long = f"support/{'m' * 60}"
    workshop.world.version(
        long, kind=Kind.ADAPTER, base=None, folder=make_adapter(tmp_path / "a"), facts={"shapes": {}}
    )
    with pytest.raises(AirdError, match="too long for a name"):
        order(workshop, BakeBody(version=f"{long}@1"))


def test_an_extracted_adapter_is_compared_with_its_kind(workshop: Workshop) -> None:
    child = filed(workshop, ExtractBody(version="support/mail@1", rank=4, model="support/again"))
    with workshop.world.database.write() as session:
        session.execute(update(Job).values(not_before=None))
    registry.load(["aird.catalog.tasks"])
    job = workshop.work()
    assert (job.kind, job.state) == ("catalog.compare", "succeeded")
    with workshop.world.database.read() as session:
        twins = catalog_queries.twins_of(session, catalog_queries.version_by_id(session, child.id))
        assert [(version.ref, round(cosine, 4)) for version, cosine in twins] == [("support/mail@1", 1.0)]
