"""Exams that a judge marks, that lm_eval holds, and that are handed back half-way, with tiny models."""

from pathlib import Path
from typing import Any

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import GatedModel
from aird.catalog.models import Kind, Version, VersionState
from aird.core.clock import now
from aird.evaluation import outcomes, queries, service, sheets
from aird.evaluation.errors import SuiteRefused
from aird.evaluation.models import Engine, Scorer, Suite
from aird.evaluation.runner import Sheet
from aird.evaluation.scorers.outcome import Outcome
from aird.jobs import inline, leases, registry
from aird.jobs.identity import WorkerName
from aird.jobs.inline import InlineReporter
from aird.jobs.models import Job
from aird.jobs.runner import run_attempt
from aird.testing_ml import make_adapter, make_base
from tests.evaluation.conftest import QUESTIONS, School

KNOWN = [
    {"question": "Where?", "answer": "Queue 1." if good else "?", "reference": "Queue 1.", "good": good}
    for good in (True, False) * 3
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {
        "base": make_base(home / "base", max_positions=2048),
        "one": make_adapter(home / "one", seed=1, size=0.6),
        "judge": make_adapter(home / "judge", seed=2, size=0.6),
    }


@pytest.fixture
def versions(school: School, folders: dict[str, Path]) -> dict[str, Version]:
    base = school.world.version("platform/tiny", kind=Kind.BASE, folder=folders["base"])
    one = school.world.version("support/desk", kind=Kind.ADAPTER, base=base, folder=folders["one"])
    judge = school.world.version("platform/judge", kind=Kind.ADAPTER, base=base, folder=folders["judge"])
    return {"base": base, "one": one, "judge": judge}


def exam(school: School, scorer: Scorer, by: str = "sam", name: str = "support/exam", **settings: Any) -> Suite:
    dataset = school.dataset(f"{name}-items", exam=QUESTIONS[:5])
    with school.world.database.write() as session:
        return service.add_suite(
            session, school.world.actor(by), name, "Mail", dataset, scorer=scorer, settings=settings
        )


def run(school: School, version: Version, suites: list[Suite], engine: Engine = Engine.AIRD) -> Job:
    registry.load(["aird.evaluation.tasks", "aird.evaluation.tasks_harness"])
    with school.world.database.write() as session:
        service.order(session, school.world.actor("sam"), [version], suites, engine=engine)
    job = inline.run_next(school.world.database, school.world.store, school.world.settings)
    assert job is not None
    return job


def test_a_judge_marks_every_answer_and_its_agreement_is_filed(school: School, versions: dict[str, Version]) -> None:
    suite = exam(school, Scorer.JUDGE, judge="platform/judge", calibration=KNOWN, least_agreement=0, max_tokens=4)
    assert suite.settings["judge"] == "platform/judge@1"
    job = run(school, versions["one"], [suite])
    assert (job.state, job.error_message) == ("succeeded", None)
    with school.world.database.read() as session:
        [found] = queries.runs(session, SYSTEM)
        assert (found.metric, found.items) == ("judged_good", 5)
        said = found.details["judge"]
        assert (said["version"], said["items"]) == ("platform/judge@1", 6)
        assert 0 <= said["low"] <= said["agreement"] <= said["high"] <= 1
        answers = list(outcomes.read_all(school.world.store, found.outcomes))
    assert all(each.answer is not None for each in answers)
    assert found.correct == sum(each.correct for each in answers)


def test_a_judge_that_does_not_agree_judges_nobody(school: School, versions: dict[str, Version]) -> None:
    odd = [{**each, "good": n in (0, 3)} for n, each in enumerate([KNOWN[0]] * 6)]  # the same answer, good and bad
    suite = exam(school, Scorer.JUDGE, judge="platform/judge", calibration=odd, least_agreement=0.9, max_tokens=4)
    job = run(school, versions["one"], [suite])
    assert (job.state, job.error_code) == ("failed", "judge_not_fit")
    with school.world.database.read() as session:
        assert queries.runs(session, SYSTEM) == []


def test_who_may_not_use_the_judge_cannot_have_it_judge(school: School, versions: dict[str, Version]) -> None:
    settings = {"judge": versions["judge"].ref, "calibration": KNOWN}
    secret = school.world.version("finance/judge", kind=Kind.ADAPTER, base=versions["base"])
    with school.world.database.write() as session:
        school.world.reload(session, versions["judge"]).state = VersionState.SUSPENDED
    with pytest.raises(SuiteRefused, match="suspended"):
        exam(school, Scorer.JUDGE, **settings)
    with pytest.raises(GatedModel), school.world.database.write() as session:
        service._fit_judge(session, school.world.actor("rui"), secret.ref)


def test_an_attempt_that_yields_is_taken_up_again(school: School, versions: dict[str, Version]) -> None:
    suite = exam(school, Scorer.F1, max_tokens=4)
    registry.load(["aird.evaluation.tasks"])
    world = school.world
    with world.database.write() as session:
        service.order(session, world.actor("sam"), [versions["one"]], [suite])
    with world.database.write() as session:
        claimed = leases.claim(session, str(WorkerName.own()), lease_seconds=3600.0, attempts=3)
        assert claimed is not None
        claimed.yield_by = now()
    reporter = InlineReporter(world.database, claimed.id, claimed.attempt)
    run_attempt(world.database, world.store, world.settings, claimed.id, claimed.attempt, reporter)
    with world.database.read() as session:
        assert session.get_one(Job, claimed.id).state == "queued"
    job = inline.run_next(world.database, world.store, world.settings)
    assert job is not None
    assert (job.id, job.state) == (claimed.id, "succeeded")


def test_sheets_that_were_cut_short_are_none(tmp_path: Path) -> None:
    sheet = Sheet([Outcome("q", True, 1, "x", 1.0, 0.9)], {"typos": [Outcome("q", False, 0, "y")]}, {"a": 1})
    sheets.keep(tmp_path, "one", sheet)
    assert sheets.kept(tmp_path, "one") == sheet
    whole = (tmp_path / "one.json").read_bytes()
    (tmp_path / "one.json").write_bytes(whole[: len(whole) // 2])
    assert sheets.kept(tmp_path, "one") is None
    assert sheets.kept_answers(tmp_path, "two") is None


@pytest.mark.slow
def test_lm_eval_finds_what_our_own_runner_finds(school: School, versions: dict[str, Version]) -> None:
    """The same prompts, the same answers: an oracle for both."""
    pytest.importorskip("lm_eval")
    suites = [
        exam(school, Scorer.CHOICE, name="support/choice"),
        exam(school, Scorer.PERPLEXITY, name="support/likely"),
        exam(school, Scorer.REGEX, name="support/words", pattern="[a-m]", max_tokens=6),
    ]
    ours, theirs = run(school, versions["one"], suites), run(school, versions["one"], suites, Engine.LM_EVAL)
    assert (ours.state, theirs.state, theirs.error_message) == ("succeeded", "succeeded", None)
    with school.world.database.read() as session:
        runs = {(each.suite.name, each.engine): each for each in queries.runs(session, SYSTEM)}
        for suite in suites:
            own, other = runs[suite.name, Engine.AIRD], runs[suite.name, Engine.LM_EVAL]
            mine, found = (list(outcomes.read_all(school.world.store, each.outcomes)) for each in (own, other))
            assert [each.chosen for each in mine] == [each.chosen for each in found]
            assert [each.score for each in mine] == pytest.approx([each.score for each in found], abs=1e-3)
            assert other.details["lm_eval"]["version"]
        skill = catalog_queries.skill(session, school.world.reload(session, versions["one"]), "support/choice")
        assert skill is not None
        assert skill.run_id == runs["support/choice", Engine.AIRD].id


def test_lm_eval_does_not_know_judges_and_checks(school: School, versions: dict[str, Version]) -> None:
    plain = exam(school, Scorer.F1, name="support/plain")
    judged = exam(school, Scorer.JUDGE, name="support/judged", judge="platform/judge", calibration=KNOWN)
    sam = school.world.actor("sam")
    with school.world.database.write() as session:
        with pytest.raises(SuiteRefused):
            service.order(session, sam, [versions["one"]], [judged], engine=Engine.LM_EVAL)
        job = service.order(session, sam, [versions["one"]], [plain], engine=Engine.LM_EVAL)
        assert job.kind == "evaluation.harness"
