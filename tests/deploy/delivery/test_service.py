"""Trials from their start to their end: by steps, by people, by the figures; and what may not be tried."""

from datetime import timedelta

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog.lifecycle import VersionState
from aird.core.errors import NotPermitted
from aird.deploy import queries, service
from aird.deploy.delivery import service as delivery
from aird.deploy.delivery.errors import (
    NothingNew,
    NothingToCompareWith,
    RolloutEnded,
    RolloutOpen,
    StepsUnreadable,
)
from aird.deploy.delivery.models import RolloutState
from aird.deploy.errors import NotCleared, VersionNotApproved
from aird.deploy.placement import ReplicaState
from aird.deploy.routing import choose
from tests.deploy.conftest import approved, deploy, move
from tests.deploy.delivery.conftest import NAME, Desk


def test_a_healthy_canary_goes_up_by_steps_and_is_promoted(desk: Desk) -> None:
    desk.start(steps=[10, 500, 1000])
    assert desk.weights() == [990, 10]
    for weight in (500, 1000):
        desk.answers(desk.old, 100)
        desk.answers(desk.new, 200)
        assert desk.conduct().weight == weight
    assert desk.rollout().state is RolloutState.PASSED
    assert [arm.unit for arm in desk.route().arms] == [desk.new.artifact]
    assert desk.events()[-4:] == [
        "deploy.rollout.started", "deploy.rollout.advanced", "deploy.rollout.passed", "deploy.version.promoted",
    ]  # fmt: skip


def test_a_sick_canary_is_taken_back_by_itself(desk: Desk) -> None:
    desk.start()
    desk.answers(desk.old, 100)
    desk.answers(desk.new, 2, failed=30)
    found = desk.conduct()
    assert found.state is RolloutState.FAILED
    assert "errors: 30 of 32 against 0 of 100" in found.reason
    assert found.figures["why"] == "worse"
    assert desk.weights() == [1000]
    assert desk.route().arms[0].unit == desk.old.artifact
    assert desk.events()[-1] == "deploy.rollout.failed"


def test_too_little_to_go_by_is_left_to_a_person_who_may_go_on(desk: Desk) -> None:
    desk.start(patience_seconds=0.001)
    desk.answers(desk.new, 3)
    assert desk.conduct().state is RolloutState.INCONCLUSIVE
    assert desk.weights() == [990, 10]
    with desk.world.database.write() as session:
        delivery.advance(session, desk.world.actor("sam"), queries.get_endpoint(session, NAME), 1, reason="It is quiet")
    assert (desk.rollout().state, desk.weights()) == (RolloutState.RUNNING, [900, 100])
    assert [each["what"] for each in desk.rollout().history] == ["started", "undecided", "advanced"]


def test_harm_is_acted_on_also_where_a_person_decides(desk: Desk) -> None:
    desk.start(patience_seconds=0.001)
    assert desk.conduct().state is RolloutState.INCONCLUSIVE
    desk.answers(desk.old, 100)
    desk.answers(desk.new, 0, failed=30)
    assert desk.conduct().state is RolloutState.FAILED


def test_a_rollback_after_a_promotion_brings_back_what_answered_before_and_never_what_failed(desk: Desk) -> None:
    desk.start()
    sam = desk.world.actor("sam")
    with desk.world.database.write() as session:
        delivery.take_back(session, sam, queries.get_endpoint(session, NAME), 1, reason="Not today")
    third = approved(desk.world, "support/c")
    deploy(desk.world, NAME, third)
    with desk.world.database.write() as session:
        back = service.rollback(session, sam, queries.get_endpoint(session, NAME), reason="Back")
        assert back.digest == desk.old.artifact


def test_whatever_else_is_done_with_the_endpoint_ends_the_trial(desk: Desk) -> None:
    desk.start()
    deploy(desk.world, NAME, approved(desk.world, "support/c"))
    assert desk.rollout().state is RolloutState.CANCELLED
    assert len(desk.route().arms) <= 1
    desk.start()
    with desk.world.database.write() as session:
        service.stop(session, desk.world.actor("sam"), queries.get_endpoint(session, NAME), reason="Closed")
    assert desk.rollout().state is RolloutState.CANCELLED
    assert desk.route().arms == ()


def test_only_what_is_approved_for_the_endpoint_is_tried(desk: Desk) -> None:
    good = desk.new
    desk.new = desk.world.version("support/draft")
    with pytest.raises(VersionNotApproved):
        desk.start()
    desk.new = approved(desk.world, "support/elsewhere", endpoint="support/other")
    with pytest.raises(NotCleared):
        desk.start()
    desk.new = good
    assert desk.start().number == 1


def test_one_trial_at_a_time_of_something_new_beside_something(desk: Desk) -> None:
    good, desk.new = desk.new, desk.old
    with pytest.raises(NothingNew):
        desk.start()
    desk.new = good
    for steps in ([100, 10], [10, 10, 100], [1000]):
        with pytest.raises(StepsUnreadable):
            desk.start(steps=steps)
    desk.start()
    with pytest.raises(RolloutOpen, match="Rollout 1"):
        desk.start()
    with desk.world.database.write() as session:
        service.stop(session, desk.world.actor("sam"), queries.get_endpoint(session, NAME), reason="Closed")
    with pytest.raises(NothingToCompareWith):
        desk.start()


def test_staff_and_admins_try_versions_and_others_do_not(desk: Desk) -> None:
    for username in ("lin", "noor", "rui"):
        with pytest.raises(NotPermitted):
            desk.start(by=username)
    assert desk.start(by="ada").number == 1
    with desk.world.database.write() as session, pytest.raises(NotPermitted):
        delivery.take_back(session, desk.world.actor("lin"), queries.get_endpoint(session, NAME), 1, reason="No")


def test_what_has_ended_does_not_move(desk: Desk) -> None:
    desk.start()
    sam = desk.world.actor("sam")
    with desk.world.database.write() as session:
        endpoint = queries.get_endpoint(session, NAME)
        delivery.take_back(session, sam, endpoint, 1, reason="Back")
        with pytest.raises(RolloutEnded):
            delivery.promote(session, sam, endpoint, 1, reason="Yes")
    assert desk.route().arms[0].unit == desk.old.artifact


def test_a_suspended_version_has_no_share_from_the_next_look_on(desk: Desk) -> None:
    desk.start(steps=[500])
    assert len(desk.route().arms) == 2
    with desk.world.database.write() as session:
        move(session, desk.new, VersionState.SUSPENDED)
    assert [arm.unit for arm in desk.route().arms] == [desk.old.artifact]
    assert desk.weights() == [1000]
    found = desk.conduct()
    assert (found.state, found.figures["why"]) == (RolloutState.FAILED, "candidate_down")


def test_a_suspended_baseline_leaves_the_route_and_a_person_decides(desk: Desk) -> None:
    desk.start(steps=[500])
    with desk.world.database.write() as session:
        move(session, desk.old, VersionState.SUSPENDED)
    assert desk.route().arms == ()
    assert desk.conduct().state is RolloutState.INCONCLUSIVE
    with desk.world.database.write() as session:
        delivery.promote(session, SYSTEM, queries.get_endpoint(session, NAME), 1, reason="It has to go on")
    assert [arm.unit for arm in desk.route().arms] == [desk.new.artifact]


def test_a_candidate_that_is_not_ready_has_no_share_and_is_waited_for(desk: Desk) -> None:
    desk.resident(desk.new, ReplicaState.STARTING)
    desk.start()
    assert desk.weights() == [1000]
    assert desk.conduct().state is RolloutState.RUNNING
    desk.resident(desk.new)
    assert desk.weights() == [990, 10]


def test_a_growing_canary_takes_callers_over_and_gives_none_back(desk: Desk) -> None:
    desk.start(steps=[100, 500])
    callers = [f"caller {number}" for number in range(300)]
    early = desk.route()
    at_ten = {each for each in callers if choose(early, each).unit == desk.new.artifact}
    with desk.world.database.write() as session:
        delivery.advance(session, SYSTEM, queries.get_endpoint(session, NAME), 1)
    late = desk.route()
    at_fifty = {each for each in callers if choose(late, each).unit == desk.new.artifact}
    assert 10 <= len(at_ten) <= 60
    assert at_ten < at_fifty


def test_requests_are_drawn_for_themselves_where_there_are_few_callers(desk: Desk) -> None:
    desk.start(steps=[500], by_request=True)
    route = desk.route()
    drawn = {choose(route, "one key", f"request {number}").unit for number in range(50)}
    assert drawn == {desk.old.artifact, desk.new.artifact}


def test_what_answered_before_stays_loaded_for_a_while(desk: Desk) -> None:
    deploy(desk.world, NAME, desk.new)
    with desk.world.database.read() as session:
        [kept] = queries.standings(session, keep=timedelta(hours=1))
        [freed] = queries.standings(session)
    assert [each.unit.digest for each in kept.resident] == [desk.new.artifact, desk.old.artifact]
    assert [each.unit.digest for each in freed.resident] == [desk.new.artifact]
