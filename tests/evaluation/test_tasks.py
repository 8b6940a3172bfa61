"""The job evaluation.run, with tiny models and the real scorers."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.evaluation import queries, service
from aird.evaluation.models import Scorer, Suite
from aird.evaluation.scorers import choice, exact
from aird.evaluation.scorers.outcome import Outcome
from aird.jobs import inline, registry
from aird.jobs import queries as job_queries
from aird.jobs.models import EventKind, Job
from aird.runtimes import hf
from aird.testing_ml import make_adapter, make_base
from tests.evaluation.conftest import QUESTIONS, School


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {
        "base": make_base(home / "base"),
        "full": make_base(home / "full", seed=5),
        "one": make_adapter(home / "one", seed=1, size=0.6),
        "two": make_adapter(home / "two", seed=2, size=0.6),
    }


@pytest.fixture
def versions(school: School, folders: dict[str, Path]) -> dict[str, Version]:
    base = school.world.version("platform/tiny", kind=Kind.BASE, folder=folders["base"])
    return {
        "one": school.world.version("support/desk", kind=Kind.ADAPTER, base=base, folder=folders["one"]),
        "full": school.world.version("finance/books", kind=Kind.FULL, folder=folders["full"]),
        "two": school.world.version("support/desk", kind=Kind.ADAPTER, base=base, folder=folders["two"]),
        "base": base,
    }


def run(school: School, versions: Sequence[Version], suites: Sequence[Suite], split: str | None = None) -> Job:
    registry.load(["aird.evaluation.tasks"])
    with school.world.database.write() as session:
        service.order(session, school.world.actor("sam"), versions, suites, split)
    job = inline.run_next(school.world.database, school.world.store, school.world.settings)
    assert job is not None
    return job


def alone(folders: dict[str, Path], name: str, scorer: Scorer) -> list[Outcome]:
    """What the version does when nothing else is loaded."""
    adapter = folders[name] if name in ("one", "two") else None
    model = hf.load(folders["base"] if adapter else folders[name], adapter)
    return (choice if scorer is Scorer.CHOICE else exact).score(model, QUESTIONS)


def test_every_version_scores_in_one_job_what_it_scores_alone(
    school: School, versions: dict[str, Version], folders: dict[str, Path]
) -> None:
    suites = [school.suite(), school.suite("support/words", scorer=Scorer.EXACT)]
    job = run(school, list(versions.values()), suites)
    assert (job.state, job.error_message) == ("succeeded", None)
    with school.world.database.read() as session:
        runs = {(each.version_id, each.suite.name): each for each in queries.runs(session, SYSTEM)}
    assert len(runs) == len(versions) * len(suites) == len((job.result or {})["runs"])
    for name, version in versions.items():
        for suite in suites:
            found, expected = runs[version.id, suite.name], alone(folders, name, suite.scorer)
            with school.world.store.open_file(found.outcomes, "outcomes.jsonl") as lines:
                kept = [json.loads(line) for line in lines]
            assert [(each["id"], each["chosen"], each["correct"]) for each in kept] == [
                (each.id, each.chosen, each.correct) for each in expected
            ]
            assert found.correct == sum(each.correct for each in expected)


def test_the_scores_become_skills_and_drafts_become_candidates(school: School, versions: dict[str, Version]) -> None:
    run(school, [versions["one"], versions["base"]], [school.suite()])
    with school.world.database.read() as session:
        for name in ("one", "base"):
            found = school.world.reload(session, versions[name])
            skill = catalog_queries.skill(session, found, "support/exam")
            assert skill is not None
            assert (found.state, skill.items) == ("candidate", 12)
        assert school.world.reload(session, versions["two"]).state == "draft"


def test_a_dev_split_gives_runs_only(school: School, versions: dict[str, Version]) -> None:
    run(school, [versions["one"]], [school.suite(exam=QUESTIONS, dev=QUESTIONS[:5])], "dev")
    with school.world.database.read() as session:
        found = school.world.reload(session, versions["one"])
        [only] = queries.runs(session, SYSTEM, version=found)
        assert (only.split, only.items, found.state) == ("dev", 5, "draft")


def test_the_log_tells_every_figure_and_progress_reaches_the_end(school: School, versions: dict[str, Version]) -> None:
    job = run(school, [versions["one"], versions["two"]], [school.suite()])
    with school.world.database.read() as session:
        events = job_queries.events(session, job.id)
    lines = [each.data["line"] for each in events if each.kind is EventKind.LOG]
    assert [line.partition(":")[0] for line in lines] == [f"support/desk@{n} in support/exam (exam)" for n in (1, 2)]
    progress = [each.data for each in events if each.kind is EventKind.PROGRESS]
    assert (progress[-1]["step"], progress[-1]["total"], progress[-1]["fraction"]) == (24, 24, 1.0)
    assert set(progress[-1]["metrics"]) == {"score", "low", "high"}


def test_a_version_that_cannot_be_loaded_fails_the_job_and_records_nothing(school: School) -> None:
    broken = school.world.version("support/desk", files={"config.json": b"{}"})
    job = run(school, [broken], [school.suite()])
    assert (job.state, job.error_code) == ("failed", "model_folder_unusable")
    with school.world.database.read() as session:
        assert queries.runs(session, SYSTEM) == []
        assert school.world.reload(session, broken).state == "draft"
