"""Plans as they are applied and worked off."""

import pytest

from aird.datasets.errors import DatasetNotUsable
from aird.planning import forecast
from aird.planning.schemas import CareerPlanRead
from aird.testing import World
from tests.planning.conftest import CAREER, School, train


def states(plan: CareerPlanRead) -> dict[str, str]:
    return {stage.name: stage.state.value for stage in plan.board}


def test_what_may_start_starts_when_the_plan_is_applied(school: School) -> None:
    plan = school.apply()
    assert (plan.state, states(plan)) == ("running", {"mail": "running", "calls": "running", "lead": "waiting"})
    assert [job.kind for job in school.waiting()] == ["training.sft", "training.sft"]


def test_each_version_sits_the_exams_and_the_next_stage_starts(school: School) -> None:
    school.apply()
    for job in school.waiting():
        school.do(job)
    assert school.look() == 2
    assert states(school.read()) == {"mail": "examining", "calls": "examining", "lead": "waiting"}
    for job in school.waiting():
        school.do(job)
    school.look()
    assert states(school.read()) == {"mail": "passed", "calls": "passed", "lead": "running"}
    assert [job.kind for job in school.waiting()] == ["merge.run"]


def test_a_plan_succeeds_when_all_its_stages_have_passed(school: School) -> None:
    school.apply()
    school.work()
    plan = school.read()
    assert (plan.state, plan.passed, plan.missing) == ("succeeded", 3, [])
    assert [stage.version for stage in plan.board] == ["support/mail@1", "support/calls@1", "support/lead@1"]
    assert len(school.jobs("training.sft", "merge.run")) == 3


def test_the_same_text_again_changes_nothing(school: School) -> None:
    first = school.apply()
    jobs = len(school.jobs())
    again = school.apply()
    assert (again.revision, len(school.jobs())) == (first.revision, jobs) == (1, jobs)
    school.work()
    assert school.apply().state == "succeeded"


def test_of_a_changed_plan_only_what_changed_and_what_follows_runs(school: School) -> None:
    school.apply()
    school.work()
    changed = {**CAREER, "calls": {**CAREER["calls"], "train": train("support/calls", "support/talks@1", steps=6)}}
    plan = school.apply(school.text(stages=changed))
    assert states(plan) == {"mail": "passed", "calls": "running", "lead": "waiting"}
    assert (plan.state, plan.revision) == ("running", 2)
    school.work()
    plan = school.read()
    assert [stage.version for stage in plan.board] == ["support/mail@1", "support/calls@2", "support/lead@2"]
    assert len(school.jobs("training.sft")) == 3


def test_other_words_for_the_same_stage_run_nothing(school: School) -> None:
    school.apply()
    school.work()
    mail = {**CAREER["mail"], "title": "Mail!", "train": {**CAREER["mail"]["train"], "notes": "n", "title": "t"}}
    jobs = len(school.jobs())
    plan = school.apply(school.text(stages={**CAREER, "mail": mail}))
    assert (plan.state, plan.board[0].title, len(school.jobs())) == ("succeeded", "Mail!", jobs)


def test_a_stage_that_is_taken_out_is_stopped(school: School) -> None:
    school.apply()
    plan = school.apply(school.text(stages={"mail": CAREER["mail"]}))
    assert states(plan) == {"mail": "running"}
    assert [job.state for job in school.jobs("training.sft")] == ["queued", "cancelled"]
    school.work()
    assert school.read().state == "succeeded"


def test_a_plan_is_estimated_stage_by_stage_and_says_what_it_does_not_know(school: School, world: World) -> None:
    with world.database.read() as session:
        told = forecast.forecast(session, world.store, world.settings, world.actor("sam"), school.text())
    by_name = {each.name: each for each in told.stages}
    known = [by_name["mail"].estimate, by_name["calls"].estimate]
    assert all(each is not None and each.seconds > 0 for each in known)
    assert by_name["lead"].estimate is None
    assert (told.unknown, told.shared, told.seconds) == (1, 0, sum(each.seconds for each in known if each))
    assert school.jobs() == []

    school.apply()
    with world.database.read() as session:
        told = forecast.forecast(session, world.store, world.settings, world.actor("sam"), school.text())
    assert (told.shared, told.seconds) == (2, 0.0)


def test_data_that_an_exam_asks_for_is_refused_before_anything_runs(school: School) -> None:
    stages = {"mail": {"train": {**train("support/mail", "support/mails@1"), "split": "exam"}}}
    with pytest.raises(DatasetNotUsable):
        school.apply(school.text(stages=stages))
    assert school.jobs() == []
