"""Stages that several plans have in common: done once, used by all."""

import threading

import pytest

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import SYSTEM, Role
from aird.core.errors import NotPermitted
from aird.jobs.lifecycle import JobState
from aird.planning import service
from aird.planning.errors import PlanNotFound
from aird.planning.schemas import CareerPlanRead, StageRead
from aird.testing import World
from tests.planning.conftest import CAREER, CHAT, School, train

MAIL = CAREER["mail"]


def other(school: School, name: str = "support/other", **spec: object) -> str:
    """A plan that begins as the career does, under other names."""
    stages = {
        "first": {"train": train("support/first", "support/mails@1"), "teaches": ["support/mail-exam"]},
        "more": {"train": train("support/more", "support/talks@1", base="${stage.first}")},
    }
    return school.text(name, stages, suites=["support/mail-exam", "support/call-exam"], **spec)


def test_a_stage_that_another_plan_has_begun_is_not_done_again(school: School) -> None:
    school.apply()
    second = school.apply(other(school))
    assert second.board[0].work is not None
    assert (second.board[0].work.shared, second.board[0].work.plans) == (True, 2)
    assert len(school.jobs("training.sft")) == 2
    school.work(seconds=60)
    second = school.read("support/other")
    assert (second.state, [stage.version for stage in second.board]) == (
        "succeeded",
        ["support/mail@1", "support/more@1"],
    )
    assert len(school.jobs("training.sft")) == 3


def test_what_sharing_saves_is_measured_in_seconds_and_money(school: School) -> None:
    school.apply()
    school.work(seconds=60)
    own = school.read()
    assert own.saving.spent_seconds == pytest.approx(sum(took(stage)[0] for stage in own.board))
    assert own.saving.spent_seconds >= 6 * 60
    assert (own.saving.saved_seconds, own.saving.shared_stages) == (0, 0)
    school.apply(other(school))
    school.work(seconds=60)
    second = school.read("support/other")
    saving = second.saving
    assert (saving.saved_seconds, saving.saved_micro) == took(own.board[0])  # the training and the exam
    assert (saving.spent_seconds, saving.spent_micro) == took(second.board[1])
    assert saving.shared_stages == 1
    assert saving.saved_micro > 0


def took(stage: StageRead) -> tuple[float, int]:
    """Seconds and money of a stage's training and exam."""
    works = [each for each in (stage.work, stage.exam) if each is not None]
    return sum(each.seconds or 0.0 for each in works), sum(each.micro or 0 for each in works)


def test_a_cancelled_plan_leaves_what_another_one_waits_for(school: School) -> None:
    school.apply()
    school.apply(other(school))
    school.cancel()
    assert [job.state for job in school.jobs("training.sft")] == ["queued", "cancelled"]
    assert school.read().state == "cancelled"
    school.work()
    assert school.read("support/other").state == "succeeded"
    assert {stage.state.value for stage in school.read().board} == {"waiting"}


def test_the_last_plan_that_is_cancelled_stops_the_job(school: School) -> None:
    school.apply()
    school.apply(other(school))
    school.cancel()
    school.cancel("support/other")
    assert {job.state for job in school.jobs("training.sft")} == {JobState.CANCELLED}
    again = school.apply(other(school))  # which takes it up once more
    assert (again.state, len(school.waiting())) == ("running", 1)
    school.work()
    assert school.read("support/other").state == "succeeded"


def test_versions_whose_weights_are_closed_to_a_plan_are_not_shared_with_it(school: School) -> None:
    school.apply()
    school.work()
    grant_staff(school.world, "rui", "finance")
    school.dataset("finance/mails", CHAT * 3)  # the very same bytes, and so the same key
    text = school.text("finance/plan", {"mail": {"train": train("finance/mail", "finance/mails@1")}})
    plan = school.apply(text, by="rui")
    work = plan.board[0].work
    assert work is not None
    assert not work.shared
    assert school.waiting()[0].department_id == school.world.department_id("finance")


def test_plans_that_meet_at_one_stage_order_it_once(school: School) -> None:
    texts = [school.text(f"support/plan-{n}", {"mail": MAIL}) for n in range(4)]
    found: list[CareerPlanRead] = []
    threads = [threading.Thread(target=lambda text=text: found.append(school.apply(text))) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert len(school.jobs("training.sft")) == 1
    school.do(school.waiting()[0])
    assert len([job for job in school.jobs(service.JOB_KIND) if not job.waits_for]) == 4
    school.look()
    assert len(school.jobs("evaluation.run")) == 1
    school.work()
    assert {school.read(f"support/plan-{n}").state.value for n in range(4)} == {"succeeded"}


def test_a_plan_is_its_departments_and_what_it_may_not_name_is_hidden(school: School) -> None:
    school.apply()
    assert school.read(by="lin").yaml is not None
    with pytest.raises(PlanNotFound):
        school.read(by="omar")
    with pytest.raises(NotPermitted):
        school.apply(by="lin")
    with pytest.raises(DepartmentNotFound):
        school.apply(school.text("nowhere/plan"))


def grant_staff(world: World, username: str, department: str) -> None:
    """Give somebody a place on another department's staff."""
    with world.database.write() as session:
        person = auth_queries.get_person(session, username)
        auth.give_role(session, SYSTEM, person, Role.STAFF, auth_queries.get_department(session, department))
