"""Who starts, who waits and why, who hands a place back: the rules one by one, without a database."""

from uuid import uuid4

import pytest

from aird.jobs.admission import Decision, Rules, decide
from aird.jobs.house import Ask, Holding, House, Quota, Room, Seat
from aird.jobs.machines import Chip
from aird.jobs.needs import CPU, Needs, Priority

RULES = Rules(patience=600, least_run=60)


def room(chips: int = 4, name: str = "one", *, slots: int = 0, memory: int = 0) -> Room:
    return Room(f"w-{name}", name, slots, tuple(Chip("h100", index, memory) for index in range(chips)))


def ask(
    department: str,
    chips: int = 1,
    *,
    queued: float = 0.0,
    waited: float = 0.0,
    kind: str = "training.sft",
    **needs: object,
) -> Ask:
    return Ask(uuid4(), department, kind, Needs(chips=chips, **needs), queued, waited)  # type: ignore[arg-type]


def holding(department: str, *chips: int, ran: float = 1000.0, machine: str = "one", **more: object) -> Holding:
    seats = (Seat(machine, "h100", chips),)
    return Holding(uuid4(), department, "training.sft", f"w-{machine}", seats, ran=ran, **more)  # type: ignore[arg-type]


def only(house: House, each: Ask) -> Decision:
    return decide(house, [each], RULES)[0]


def test_without_quotas_the_priority_decides_and_then_the_time() -> None:
    late, early, urgent = ask("a", queued=2), ask("b", queued=1), ask("c", queued=3, priority=Priority.HIGH)
    decided = decide(House([room(2)]), [late, early, urgent], RULES)
    assert [(each.ask.department, each.starts) for each in decided] == [("c", True), ("b", True), ("a", False)]
    assert decided[2].code == "room"
    assert "0 of 2 are free" in decided[2].reason


def test_a_low_priority_rises_with_its_age() -> None:
    old, new = ask("a", priority=Priority.LOW, waited=7 * 3600, queued=1), ask("a", queued=2)
    assert [each.ask for each in decide(House([room(1)]), [new, old], RULES)] == [old, new]


def test_a_department_within_its_share_comes_before_one_that_borrows() -> None:
    quotas = {("a", "h100"): Quota(deserved=1), ("b", "h100"): Quota(deserved=3)}
    house = House([room()], [holding("a", 0)], quotas)
    decided = decide(house, [ask("a", queued=1), ask("b", queued=2)], RULES)
    assert [each.ask.department for each in decided] == ["b", "a"]
    assert all(each.starts for each in decided)
    assert "1 are borrowed" in decided[1].reason


def test_a_limit_is_never_passed_and_the_numbers_are_told() -> None:
    house = House([room(8)], [holding("finance", 0, 1, 2)], {("finance", "h100"): Quota(deserved=2, limit=4)})
    refused = only(house, ask("finance", 2))
    assert (refused.code, refused.reason) == ("limit", "Waits: finance holds 3 h100 and asks for 2; its limit is 4.")
    assert only(house, ask("finance", 1)).starts


def test_what_may_not_be_preempted_runs_within_the_quota_only() -> None:
    house = House([room(8)], [], {("a", "h100"): Quota(deserved=2)})
    assert only(house, ask("a", 4, priority=Priority.HIGH)).code == "firm"
    assert only(house, ask("a", 2, priority=Priority.HIGH)).starts
    assert only(house, ask("a", 1, preemptible=False)).code == "firm"
    assert only(house, ask("a", 4)).starts


def test_a_guarantee_is_not_lent_and_what_is_only_deserved_is() -> None:
    guaranteed = House([room()], [], {("a", "h100"): Quota(guarantee=2, deserved=2)})
    assert only(guaranteed, ask("b", 4)).code == "guaranteed"
    assert only(guaranteed, ask("b", 2)).starts
    assert only(guaranteed, ask("a", 2)).starts
    assert only(House([room()], [], {("a", "h100"): Quota(deserved=4)}), ask("b", 4)).starts


def test_a_borrowed_place_is_taken_back_the_newest_and_lowest_first_and_no_more_than_needed() -> None:
    old, new = holding("b", 0, 1, ran=900), holding("b", 2, ran=100)
    low = holding("b", 3, ran=5000, priority=0)
    quotas = {("a", "h100"): Quota(deserved=2), ("b", "h100"): Quota(deserved=2)}
    house = House([room()], [old, new, low], quotas, served={("b", "h100"): 4.0})
    decision = only(house, ask("a", 1))
    assert (decision.code, decision.victims) == ("reclaims", (low,))
    house = House([room()], [old, new, low], quotas, served={("b", "h100"): 4.0})
    assert set(only(house, ask("a", 2)).victims) == {low, new}


@pytest.mark.parametrize("why", ["young", "firm", "within", "leaving"])
def test_a_place_is_not_taken_back_when(why: str) -> None:
    quotas = {("a", "h100"): Quota(deserved=2), ("b", "h100"): Quota(deserved=4 if why == "within" else 2)}
    changed = {"young": {"ran": 5.0}, "firm": {"preemptible": False}, "leaving": {"leaving": True}}.get(why, {})
    held = [holding("b", 0, 1), holding("b", 2, 3, **changed)]  # type: ignore[arg-type]
    decision = only(House([room()], held, quotas, served={("b", "h100"): 4.0}), ask("a", 2))
    assert (held[1] in decision.victims, decision.starts) == (False, False)


def test_who_borrows_takes_nothing_back() -> None:
    quotas = {("a", "h100"): Quota(deserved=1), ("b", "h100"): Quota(deserved=1)}
    house = House([room()], [holding("b", 0, 1, 2), holding("a", 3)], quotas, served={("b", "h100"): 4.0})
    decision = only(house, ask("a", 1))
    assert (decision.code, decision.victims) == ("room", ())


def test_a_machine_is_kept_for_a_large_job_that_has_waited_long() -> None:
    large, small = ask("a", 4, waited=700, queued=1), ask("b", 1, queued=2)
    house = House([room()], [holding("c", 0)])
    assert [each.starts for each in decide(house, [large, small], RULES)] == [False, False]
    fresh = ask("a", 4, waited=10, queued=1)
    house = House([room()], [holding("c", 0)])
    assert [each.starts for each in decide(house, [fresh, small], RULES)] == [False, True]


def test_a_job_on_several_machines_gets_one_worker_and_whole_places() -> None:
    rooms = [Room("w", name, 0, tuple(Chip("h100", index) for index in range(4))) for name in ("one", "two")]
    decision = only(House(rooms), ask("a", 4, nodes=2))
    assert [(seat.machine, seat.chips) for seat in decision.seats] == [("one", (0, 1, 2, 3)), ("two", (0, 1, 2, 3))]
    assert only(House([room(4, "one"), room(4, "two")]), ask("a", 4, nodes=2)).code == "room"


def test_memory_and_flavour_decide_which_machine_will_do() -> None:
    small, large = room(2, "small", memory=40), room(2, "large", memory=80)
    assert only(House([small, large]), ask("a", 1, memory=60)).seats[0].machine == "large"
    assert only(House([small]), ask("a", 1, memory=60)).code == "no_machine"
    assert only(House([large]), ask("a", 1, flavours=["a100"])).code == "no_machine"


def test_slots_and_limits_of_a_queue_hold_for_jobs_without_chips() -> None:
    house = House([Room("w", "one", 2)], limits={"merge": 1})
    decided = decide(house, [ask("a", 0, kind="merge.run"), ask("a", 0, kind="merge.search", queued=1)], RULES)
    assert [each.code for each in decided] == ["starts", "queue_limit"]
    assert decided[0].seats == (Seat("one", CPU),)
    assert only(house, ask("a", 0)).starts
    assert only(house, ask("a", 0)).code == "room"
