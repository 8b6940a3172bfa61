"""Who answers, what has to be resident, and what an endpoint's state is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aird.catalog.lifecycle import VersionState
from aird.deploy import placement
from aird.deploy.placement import EndpointState, Placed, ReplicaState, Residence, Unit

THEN = datetime(2026, 11, 1, tzinfo=UTC)
READY = Residence(ReplicaState.READY, "", THEN + timedelta(minutes=1), ("unix:/run/a.sock",), complete=True)
STARTING = Residence(ReplicaState.STARTING, "The model is being loaded.", THEN)


def placed(number: int, residence: Residence | None, **changes: object) -> Placed:
    made = Placed(
        number, f"support/bot@{number}", VersionState.APPROVED, "platform/base@1", VersionState.DRAFT,
        Unit(f"sha256:{number}", "sha256:base"), THEN, residence,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_wanted_deployment_answers_once_it_is_ready_and_until_then_the_one_before():
    old, new = placed(1, READY), placed(2, STARTING)
    assert placement.routed(new, old) is old
    assert placement.routed(replace(new, residence=READY), old) != old
    assert placement.routed(new, None) is None
    assert placement.routed(None, old) is None


def test_a_version_that_lost_its_approval_does_not_answer():
    for state in VersionState:
        answering = placement.routed(placed(1, READY, version_state=state), None)
        assert (answering is not None) == (state is VersionState.APPROVED)


def test_a_version_without_an_approval_for_this_endpoint_does_not_answer():
    assert placement.routed(placed(1, READY, cleared=False), None) is None
    assert placement.routed(placed(1, READY, cleared=True), None)


def test_nothing_answers_on_a_base_that_is_suspended_or_retired():
    for state in (VersionState.SUSPENDED, VersionState.RETIRED):
        barred = placed(1, READY, base_state=state)
        assert placement.routed(barred, None) is None
        assert placement.wanted([barred]) == {}
    assert placement.routed(placed(1, READY, base_state=VersionState.DRAFT), None)


def test_what_is_wanted_or_still_answers_has_to_be_resident_once():
    units = placement.wanted([placed(2, STARTING), placed(1, READY), None, placed(1, READY)])
    assert sorted(units) == ["sha256:1", "sha256:2"]


def test_an_endpoints_state_says_why():
    def state(current: Placed | None, *, ever: bool = True) -> tuple[EndpointState, str]:
        return placement.endpoint_state(current, ever=ever, created_at=THEN)[:2]

    assert state(None, ever=False)[0] is EndpointState.EMPTY
    assert state(None)[0] is EndpointState.STOPPED
    assert state(placed(1, None))[0] is EndpointState.STARTING
    assert state(placed(1, STARTING)) == (EndpointState.STARTING, "The model is being loaded.")
    assert state(placed(1, READY)) == (EndpointState.READY, "")
    stopped, reason = state(placed(1, READY, version_state=VersionState.SUSPENDED))
    assert stopped is EndpointState.STOPPED
    assert "support/bot@1 is suspended" in reason


def test_the_pause_after_failures_doubles_up_to_a_minute():
    assert [placement.pause_seconds(n) for n in (0, 1, 2, 3, 7, 50)] == [1.0, 1.0, 2.0, 4.0, 60.0, 60.0]
