"""The job evaluation.run asked for a hundred items' worth of a whole exam, with a tiny model."""

from pathlib import Path
from random import Random

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.evaluation import pairing, queries, service
from aird.evaluation.errors import SuiteRefused
from aird.evaluation.models import Engine, Run, Suite
from aird.evaluation.routes import router
from aird.jobs import inline, registry
from aird.testing_ml import make_base
from tests.evaluation.conftest import School
from tests.evaluation.test_pairing import ITEMS, sit
from tests.requests.web import people_of

ASKED = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("models") / "base")


def cheaply(school: School, version: Version, suite: Suite, anchors: int = ASKED) -> Run:
    """Have the anchors asked; the run that was filed."""
    registry.load(["aird.evaluation.tasks"])
    with school.world.database.write() as session:
        service.order(session, school.world.actor("sam"), [version], [suite], anchors=anchors)
    job = inline.run_next(school.world.database, school.world.store, school.world.settings)
    assert job is not None
    assert (job.state, job.error_message) == ("succeeded", None)
    with school.world.database.read() as session:
        return queries.runs(session, SYSTEM, version=version)[0]


def examined(school: School, suite: Suite, count: int) -> None:
    """Versions whose whole exam is known: the first items are the easy ones."""
    random = Random(2)
    for _ in range(count):
        ability = random.uniform(0.2, 0.9)
        right = [random.random() < ability * (1.2 - n / 200) for n in range(200)]
        sit(school, school.world.version("support/known"), suite, right)


@pytest.mark.parametrize(
    ("known", "method"), [(0, "stratified"), (3, "stratified"), pytest.param(30, "irt", marks=pytest.mark.slow)]
)
def test_a_few_items_tell_the_score_of_all_with_its_error(
    school: School, folder: Path, known: int, method: str
) -> None:
    suite = school.suite("support/mail", exam=ITEMS)
    examined(school, suite, known)
    version = school.world.version("platform/tiny", kind=Kind.BASE, folder=folder)
    run = cheaply(school, version, suite)
    told = run.details["anchors"]
    assert (run.items, told["asked"], told["of_items"], told["versions"]) == (ASKED, ASKED, 200, known)
    assert told["method"] == method
    assert 0 < told["error"] < 0.2
    assert (told["tested_error"] is None) is (known < 3)
    assert run.low < run.score < run.high


def test_an_estimate_is_no_skill_and_no_gate_reads_it(school: School, folder: Path) -> None:
    suite = school.suite("support/mail", exam=ITEMS)
    version = school.world.version("platform/tiny", kind=Kind.BASE, folder=folder)
    cheaply(school, version, suite)
    with school.world.database.read() as session:
        found = school.world.reload(session, version)
        assert catalog_queries.skill(session, found, "support/mail") is None
        assert pairing.last_runs(session, [found]) == {}
        assert found.state == "draft"


def test_as_many_anchors_as_items_are_the_whole_exam(school: School, folder: Path) -> None:
    suite = school.suite("support/short", exam=ITEMS[:12])
    version = school.world.version("platform/tiny", kind=Kind.BASE, folder=folder)
    run = cheaply(school, version, suite, anchors=12)
    assert (run.items, "anchors" in run.details) == (12, False)
    with school.world.database.read() as session:
        assert catalog_queries.skill(session, school.world.reload(session, version), "support/short") is not None


def test_anchors_are_of_the_suites_own_split_and_asked_by_aird(school: School) -> None:
    suite = school.suite("support/mail", exam=ITEMS, dev=ITEMS)
    version = school.world.version("support/desk")
    with school.world.database.write() as session:
        for wrong in ({"split": "dev"}, {"engine": Engine.LM_EVAL}):
            with pytest.raises(SuiteRefused):
                service.order(session, SYSTEM, [version], [suite], anchors=20, **wrong)  # type: ignore[arg-type]
        assert service.order(session, SYSTEM, [version], [suite], anchors=20).spec["anchors"] == 20
    sam = people_of(school.world, router)("sam")
    body = {"versions": [version.ref], "suites": [suite.name]}
    assert sam.post("/evaluations", json={**body, "anchors": 5}).status_code == 422
    assert sam.post("/evaluations", json={**body, "anchors": 50}).status_code == 202
