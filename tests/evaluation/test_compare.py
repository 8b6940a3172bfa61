"""The job evaluation.compare, with tiny models, and its routes."""

import json
from pathlib import Path

import pytest

from aird.audit import queries as audit_queries
from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import upkeep
from aird.catalog.models import Kind, Version, Visibility
from aird.evaluation import comparing, tasks_compare
from aird.evaluation.errors import ComparisonRefused
from aird.evaluation.models import Comparison, Question, Scorer, Suite
from aird.evaluation.routes import router
from aird.evaluation.statistics.betting import Verdict
from aird.jobs import inline, registry
from aird.jobs.models import Job
from aird.testing_ml import make_adapter, make_base
from tests.evaluation.conftest import School
from tests.evaluation.test_pairing import sit
from tests.requests.web import Call, people_of

ITEMS = [
    {
        "id": f"q{n}", "messages": [{"role": "user", "content": f"Mail {n}"}], "choices": ["yes", "no"],
        "answer": n % 2,
    }
    for n in range(200)
]  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {"base": make_base(home / "base"), "one": make_adapter(home / "one", seed=1, size=0.6)}


@pytest.fixture
def pair(school: School, folders: dict[str, Path]) -> tuple[Version, Version, Suite]:
    """An adapter, its base as the reference, and an exam in which chance is right in half of all cases."""
    base = school.world.version("platform/tiny", kind=Kind.BASE, folder=folders["base"])
    new = school.world.version("support/desk", kind=Kind.ADAPTER, base=base, folder=folders["one"])
    return new, base, school.suite("support/mail", exam=ITEMS)


def compare(school: School, new: Version, old: Version, suites: list[Suite], question: Question) -> Job:
    registry.load(["aird.evaluation.tasks_compare"])
    with school.world.database.write() as session:
        comparing.order(session, school.world.actor("sam"), new, old, suites, question)
    job = inline.run_next(school.world.database, school.world.store, school.world.settings)
    assert job is not None
    return job


def filed(school: School) -> list[Comparison]:
    with school.world.database.read() as session:
        return comparing.comparisons(session, SYSTEM)


@pytest.mark.parametrize(("right", "verdict"), [(False, Verdict.PASSED), (True, Verdict.FAILED)])
def test_it_stops_as_soon_as_it_is_clear_and_files_why(
    school: School, pair: tuple[Version, Version, Suite], right: bool, verdict: Verdict
) -> None:
    new, old, suite = pair
    sit(school, old, suite, [right] * 200)  # the reference is known, so that it is not asked again
    job = compare(school, new, old, [suite], Question.BETTER)
    [row] = filed(school)
    assert (job.state, row.verdict, job.result and job.result["verdict"]) == ("succeeded", verdict, verdict)
    assert row.items < row.of_items == 200
    assert (row.lost, row.won > 0) == (0, True) if right is False else (row.won, row.lost > 0) == (0, True)
    assert row.low <= row.difference <= row.high
    assert (row.digest, row.reference_digest) == (new.artifact, old.artifact)
    with school.world.store.open_file(row.outcomes, "pairs.jsonl") as file:
        assert len(file.read().splitlines()) == row.items
    with school.world.database.read() as session:
        assert audit_queries.entries(session, event="evaluation.comparison.recorded")[0].details["items"] == row.items


def test_a_killed_examination_goes_on_where_it_was(
    school: School, pair: tuple[Version, Version, Suite], tmp_path: Path
) -> None:
    path = tmp_path / "suite.jsonl"
    lines = [{"id": "a", "new": 1.0, "old": 0.0}, {"id": "b", "new": 0.0, "old": 0.0}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"id": "c", "ne', encoding="utf-8")
    assert tasks_compare._kept(path, ["a", "b", "c"]) == lines
    assert (
        path.read_text(encoding="utf-8").count("\n") == 2
    )  # what was cut short is gone, so that it can be appended to
    assert tasks_compare._kept(path, ["b", "a", "c"]) == []
    assert tasks_compare._kept(tmp_path / "none.jsonl", ["a"]) == []


def test_what_differs_in_nothing_stays_open_after_the_last_item(
    school: School, pair: tuple[Version, Version, Suite]
) -> None:
    new, old, _ = pair
    short = school.suite("support/short", exam=ITEMS[:10])
    job = compare(school, new, old, [short], Question.NONINFERIOR)
    [row] = filed(school)
    assert (job.result and job.result["verdict"], row.verdict, row.items) == (Verdict.OPEN, Verdict.OPEN, 10)


def test_a_comparison_that_could_not_be_made_is_refused(school: School, pair: tuple[Version, Version, Suite]) -> None:
    new, old, suite = pair
    judged = Suite(
        name="support/judged", department_id=suite.department_id, title="t", dataset_version=suite.dataset_version,
        split="exam", scorer=Scorer.JUDGE, items=1, skill="s", digest="d",
    )  # fmt: skip
    with school.world.database.write() as session:
        found = catalog_queries.version_by_id(session, new.id)
        for reference, suites in ((found, [suite]), (old, [judged])):
            with pytest.raises(ComparisonRefused):
                comparing.order(session, SYSTEM, found, reference, suites)
        assert comparing.order(session, SYSTEM, found, old, [suite]).kind == "evaluation.compare"


@pytest.fixture
def person(school: School) -> Call:
    return people_of(school.world, router)


def test_people_order_comparisons_and_read_what_came_out(
    school: School, person: Call, pair: tuple[Version, Version, Suite]
) -> None:
    new, old, suite = pair
    body = {"version": new.ref, "reference": old.ref, "suites": [suite.name], "question": "noninferior"}
    answer = person("sam").post("/comparisons", json=body)
    assert (answer.status_code, answer.json()["kind"]) == (202, "evaluation.compare")
    assert person("lin").post("/comparisons", json=body).status_code == 403
    for change in ({"suites": [suite.name] * 2}, {"margin": 0}, {"question": "nicer"}, {"suites": []}):
        assert person("sam").post("/comparisons", json={**body, **change}).status_code == 422
    assert person("sam").post("/comparisons", json={**body, "suites": ["support/missing"]}).status_code == 404
    registry.load(["aird.evaluation.tasks_compare"])
    inline.run_next(school.world.database, school.world.store, school.world.settings)
    found = person("lin").get("/comparisons", params={"version": new.ref}).json()["items"]
    assert [(each["suite"], each["reference"], each["margin"]) for each in found] == [(suite.name, old.ref, 0.02)]


def test_a_comparison_does_not_name_what_the_reader_may_not_see(
    school: School, person: Call, pair: tuple[Version, Version, Suite]
) -> None:
    new, old, suite = pair
    compare(school, new, old, [suite], Question.BETTER)
    with school.world.database.write() as session:
        upkeep.change(
            session, SYSTEM, catalog_queries.get_model(session, "platform/tiny"), visibility=Visibility.PRIVATE
        )
    assert person("lin").get("/comparisons").json()["items"][0]["reference"] is None
    assert person("noor").get("/comparisons").json()["items"][0]["reference"] == old.ref
    with school.world.database.write() as session:
        upkeep.change(
            session, SYSTEM, catalog_queries.get_model(session, "support/desk"), visibility=Visibility.PRIVATE
        )
    assert person("rui").get("/comparisons").json()["items"] == []
    assert len(person("lin").get("/comparisons").json()["items"]) == 1
