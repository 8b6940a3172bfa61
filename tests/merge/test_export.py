"""Edge exports, from the order to the exam that llama.cpp sits: what is filed, and what is refused by name."""

from pathlib import Path

import pytest
from sqlalchemy import select

from aird.catalog import queries as catalog_queries
from aird.catalog import reproduction
from aird.catalog.models import Kind, Parentage, Version
from aird.core.errors import AirdError
from aird.evaluation import queries as evaluation_queries
from aird.evaluation import service as evaluation
from aird.evaluation.errors import SuiteRefused
from aird.evaluation.models import Engine, Run, Scorer
from aird.jobs import registry
from aird.jobs.models import Job
from aird.merge import derived
from aird.merge.errors import NotDerivable
from aird.merge.schemas import BakeBody, ExportBody, ExtractBody, QuantizeBody
from aird.runtimes import hf
from aird.runtimes.edge import comparing
from aird.runtimes.edge.knows import WeightType
from aird.testing_ml import make_base
from aird.training import checks
from aird.training.errors import NotTrainable
from tests.tiny import QUESTIONS, Workshop

pytest.importorskip("cyllama", reason="the extra `edge` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> tuple[Version, Version]:
    """A base and an adapter on it."""
    registry.load(["aird.merge.tasks_export", "aird.evaluation.tasks"])
    base = workshop.model("platform/tiny", "base")
    return base, workshop.model("support/mail", "one", base=base)


def order(workshop: Workshop, version: str, weights: WeightType = WeightType.F32, model: str | None = None) -> Job:
    body = ExportBody(version=version, weights=weights, model=model)
    with workshop.world.database.write() as session:
        return derived.order_export(session, workshop.world.actor("sam"), body, store=workshop.world.store)


def done(workshop: Workshop, ordered: Job) -> Job:
    job = workshop.work()
    while job.id != ordered.id:  # what compares adapters by itself may come first
        job = workshop.work()
    return job


def exported(workshop: Workshop, version: str, weights: WeightType = WeightType.F32) -> Version:
    job = done(workshop, order(workshop, version, weights, "support/edge"))
    assert (job.state, job.error_message) == ("succeeded", None)
    with workshop.world.database.read() as session:
        return catalog_queries.get_ref(session, (job.result or {})["version"])


def scores(workshop: Workshop, refs: list[str], scorer: Scorer = Scorer.CHOICE) -> dict[str, Run]:
    """Each version's run in an exam that all of them sit in one job."""
    suite = workshop.suite("support/exam", exam=QUESTIONS)
    sam = workshop.world.actor("sam")
    with workshop.world.database.write() as session:
        versions = [catalog_queries.get_ref(session, each) for each in refs]
        ordered = evaluation.order(session, sam, versions, [evaluation_queries.get_suite(session, suite.name)])
    job = done(workshop, ordered)
    assert (job.state, job.error_message) == ("succeeded", None)
    with workshop.world.database.read() as session:
        runs = session.scalars(select(Run)).all()
        known = catalog_queries.versions_by_id(session, [each.version_id for each in runs])
        return {known[each.version_id].ref: each for each in runs}


def test_an_adapter_and_its_base_become_one_file_that_answers_the_same(workshop: Workshop) -> None:
    child = exported(workshop, "support/mail@1")
    assert (child.ref, child.kind, child.base_id) == ("support/edge@1", Kind.FULL, None)
    assert (child.facts["format"], child.facts["quantization"]) == ("gguf", "gguf f32")
    found = child.record["metrics"]
    assert found["error"] == 0
    assert found["compared"]["same_answers"] == found["compared"]["answers"] > 4
    assert found["compared"]["same_tokens"] == found["compared"]["tokens"] > 50
    assert found["compared"]["largest"] < 1e-3
    with workshop.world.database.read() as session:
        rows = session.scalars(select(Parentage).where(Parentage.child_id == child.id)).all()
        refs = catalog_queries.versions_by_id(session, [each.parent_id for each in rows])
        assert {(refs[each.parent_id].ref, each.relation.value) for each in rows} == {
            ("support/mail@1", "exported"),
            ("platform/tiny@1", "continued"),
        }
    names = {each.path for each in workshop.world.store.manifest(child.artifact).entries}
    assert {"model.gguf", "config.json", "tokenizer.json", "chat_template.jinja"} <= names
    assert not any(name.endswith(".safetensors") for name in names)


def test_the_adapter_is_really_in_it(workshop: Workshop, tmp_path: Path) -> None:
    llama = pytest.importorskip("aird.runtimes.edge.llama")
    child = exported(workshop, "support/mail@1")
    edge = llama.load(workshop.world.store.fetch(child.artifact, tmp_path / "edge"), exact=True)
    own = hf.load(workshop.folders["base"], workshop.folders["one"])
    bare = hf.load(workshop.folders["base"])
    assert comparing.compare(own, edge).largest < 1e-3
    assert comparing.compare(bare, edge).largest > comparing.FAR[WeightType.F16]


@pytest.mark.parametrize("weights", [WeightType.F16, WeightType.Q8_0, WeightType.Q4_K_M])
def test_fewer_bits_cost_what_is_told(
    workshop: Workshop, parents: tuple[Version, Version], weights: WeightType
) -> None:
    child = exported(workshop, "platform/tiny@1", weights)
    found = child.record["metrics"]
    whole = {WeightType.F16: 1e-3, WeightType.Q8_0: 0.02, WeightType.Q4_K_M: 0.1}[weights]
    assert 0 < found["error"] < whole
    assert child.facts["quantization"] == f"gguf {weights}"
    assert 4 < found["bits"] < 24
    assert child.bytes < parents[0].bytes


def test_the_export_sits_its_exam_through_llama_cpp(workshop: Workshop) -> None:
    child = exported(workshop, "support/mail@1")
    runs = scores(workshop, ["support/mail@1", child.ref])
    assert runs[child.ref].score == runs["support/mail@1"].score
    assert runs[child.ref].details["runtime"].startswith("llama.cpp")
    assert "runtime" not in runs["support/mail@1"].details


def test_the_same_export_comes_out_again(workshop: Workshop) -> None:
    child = exported(workshop, "support/mail@1", WeightType.Q4_K_M)
    with workshop.world.database.write() as session:
        version = catalog_queries.get_ref(session, child.ref)
        ordered = reproduction.order(session, workshop.world.actor("sam"), version)
    job = done(workshop, ordered)
    assert (job.error_message, (job.result or {})["same"]) == (None, True)


def test_nothing_is_built_on_an_export(workshop: Workshop) -> None:
    child = exported(workshop, "platform/tiny@1")
    sam = workshop.world.actor("sam")
    with workshop.world.database.write() as session:
        for make, body in (
            (derived.order_quantization, QuantizeBody(version=child.ref)),
            (derived.order_baking, BakeBody(version=child.ref)),
            (derived.order_extraction, ExtractBody(version=child.ref)),
        ):
            with pytest.raises(NotDerivable, match="is an edge export"):
                make(session, sam, body)  # type: ignore[operator]
        version = catalog_queries.get_ref(session, child.ref)
        with pytest.raises(NotTrainable, match="is an edge export"):
            checks.trainable(version)
        assert checks.trainable(catalog_queries.get_ref(session, "platform/tiny@1"))


def test_lm_eval_does_not_ask_an_export(workshop: Workshop) -> None:
    child = exported(workshop, "platform/tiny@1")
    workshop.suite("support/exam", exam=QUESTIONS)
    sam = workshop.world.actor("sam")
    with workshop.world.database.write() as session:
        suite = evaluation_queries.get_suite(session, "support/exam")
        versions = {ref: catalog_queries.get_ref(session, ref) for ref in (child.ref, "platform/tiny@1")}
        with pytest.raises(SuiteRefused, match="lm_eval cannot ask"):
            evaluation.order(session, sam, [versions[child.ref]], [suite], engine=Engine.LM_EVAL)
        assert evaluation.order(session, sam, [versions["platform/tiny@1"]], [suite], engine=Engine.LM_EVAL)


def test_what_llama_cpp_would_read_otherwise_is_refused_before_a_job(workshop: Workshop, tmp_path: Path) -> None:
    folder = make_base(tmp_path / "odd")
    text = (folder / "tokenizer.json").read_text("utf-8")
    assert '"add_prefix_space": false' in text
    (folder / "tokenizer.json").write_text(text.replace('"use_regex": true', '"use_regex": false', 1), "utf-8")
    workshop.folders = {**workshop.folders, "odd": folder}
    workshop.model("platform/odd", "odd")
    with pytest.raises(NotDerivable, match=r"cuts up texts by ByteLevel, which llama\.cpp has not") as refused:
        order(workshop, "platform/odd@1")
    assert isinstance(refused.value, AirdError)
    assert order(workshop, "platform/tiny@1").kind == "merge.export"
