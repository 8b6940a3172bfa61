"""Who answers, what has to be resident, and what an endpoint's state is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aird.catalog.lifecycle import VersionState
from aird.deploy import placement
from aird.deploy.placement import (
    EndpointState,
    Placed,
    Pool,
    ReplicaState,
    Residence,
    RuntimeKind,
    Sighting,
    Unit,
)

THEN = datetime(2026, 11, 1, tzinfo=UTC)
READY = Residence(ReplicaState.READY, "", THEN + timedelta(minutes=1), ("unix:/run/a.sock",), complete=True)
STARTING = Residence(ReplicaState.STARTING, "The model is being loaded.", THEN)

POOL = Pool("sha256:base", RuntimeKind.HF)


def placed(number: int, residence: Residence | None, **changes: object) -> Placed:
    made = Placed(
        number, f"support/bot@{number}", VersionState.APPROVED, "platform/base@1", VersionState.DRAFT,
        Unit(f"sha256:{number}", "sha256:base"), THEN, residence, pool=POOL,
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
        assert placement.demand([barred]) == {}
    assert placement.routed(placed(1, READY, base_state=VersionState.DRAFT), None)


def test_what_is_wanted_or_still_answers_has_to_be_resident_once():
    found = placement.demand([placed(2, STARTING), placed(1, READY), None, placed(1, READY)])
    assert sorted(found[POOL].units) == ["sha256:1", "sha256:2"]


def test_a_pool_has_as_many_engines_as_its_most_demanding_endpoint_asks_for():
    other = replace(POOL, runtime=RuntimeKind.VLLM)
    found = placement.demand([placed(1, READY, replicas=3), placed(2, READY), placed(3, READY, pool=other)])
    assert {pool: each.replicas for pool, each in found.items()} == {POOL: 3, other: 1}
    assert sorted(found[other].units) == ["sha256:3"]


def seen(state: ReplicaState, address: str | None = None, *, engine: ReplicaState = ReplicaState.READY) -> Sighting:
    return Sighting(state, f"It is {state}.", THEN, engine, address)


def test_a_unit_is_ready_when_it_answers_anywhere_and_complete_when_it_does_on_every_engine_that_is_up():
    up, late = seen(ReplicaState.READY, "unix:/a"), seen(ReplicaState.STARTING, "unix:/b")
    alone = placement.residence([up, late])
    assert alone is not None
    assert (alone.state, alone.addresses, alone.complete) == (ReplicaState.READY, ("unix:/a",), False)
    loading = placement.residence([up, seen(ReplicaState.STARTING, engine=ReplicaState.STARTING)])
    assert loading is not None
    assert loading.complete


def test_a_unit_has_failed_when_it_did_on_every_engine():
    failed, late = seen(ReplicaState.FAILED), seen(ReplicaState.STARTING)
    states = [placement.residence(each) for each in ([failed], [failed, late], [seen(ReplicaState.STOPPED)], [])]
    assert [each and each.state for each in states] == [ReplicaState.FAILED, ReplicaState.STARTING, None, None]


def test_what_answered_before_goes_on_until_every_engine_holds_the_new_one():
    old, new = placed(1, READY), placed(2, replace(READY, complete=False))
    assert placement.routed(new, old) is old
    assert placement.routed(placed(2, READY), old) == placed(2, READY)
    assert placement.routed(new, new) is new  # an engine that is added later takes nothing away


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
