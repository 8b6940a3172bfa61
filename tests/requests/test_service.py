"""Requests are filed, answered and withdrawn, each step on the timeline and in the audit log."""

import threading

import pytest
from sqlalchemy.orm import Session

from aird.audit import queries as audit_queries
from aird.auth import queries as auth_queries
from aird.auth.permissions import SYSTEM
from aird.core.errors import NotPermitted
from aird.requests import queries, service
from aird.requests.errors import RequestMoveNotAllowed
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request
from aird.requests.schemas import Example
from aird.testing import World


def file(session: Session, world: World, who: str, department: str = "support") -> Request:
    found = auth_queries.get_department(session, department)
    return service.file(session, world.actor(who), found, title="Queues", need="Sort the mail")


def test_a_lead_files_a_request_with_the_next_number(world: World) -> None:
    with world.database.write() as session:
        first, second = file(session, world, "lin"), file(session, world, "sam")
    assert (first.number, second.number, first.state) == (1, 2, RequestState.OPEN)


def test_a_request_keeps_its_examples(world: World) -> None:
    with world.database.write() as session:
        department = auth_queries.get_department(session, "support")
        example = Example(question="Where is my parcel?", answer="Queue 14.")
        service.file(session, world.actor("lin"), department, title="t", need="n", examples=[example], users=30)
    with world.database.read() as session:
        read = queries.request_reads(session, SYSTEM, queries.requests(session, SYSTEM))[0]
    assert (read.examples, read.users, read.requester, read.department) == ([example], 30, "lin", "support")


@pytest.mark.parametrize("who", ["omar", "noor", "ada"])
def test_nobody_files_for_a_department_they_do_not_work_in(world: World, who: str) -> None:
    with pytest.raises(NotPermitted), world.database.write() as session:
        file(session, world, who)


def test_the_system_files_no_request(world: World) -> None:
    with pytest.raises(NotPermitted), world.database.write() as session:
        service.file(session, SYSTEM, auth_queries.get_department(session, "support"), title="t", need="n")


def test_a_withdrawn_request_says_who_and_why(world: World) -> None:
    with world.database.write() as session:
        service.withdraw(session, world.actor("lin"), file(session, world, "lin"), reason="no longer needed")
    with world.database.read() as session:
        read = queries.request_reads(session, SYSTEM, [queries.get_request(session, SYSTEM, 1)])[0]
        events = [entry.event for entry in audit_queries.entries(session, event="requests")]
    assert [(step.actor, step.state, step.note) for step in read.timeline] == [
        ("lin", "open", ""),
        ("lin", "withdrawn", "no longer needed"),
    ]
    assert events == ["requests.request.withdrawn", "requests.request.filed"]


def test_another_department_cannot_withdraw_it(world: World) -> None:
    with world.database.write() as session:
        file(session, world, "lin")
    with pytest.raises(NotPermitted), world.database.write() as session:
        service.withdraw(session, world.actor("omar"), queries.get_request(session, SYSTEM, 1), reason="mine is better")


def test_an_open_request_is_answered_with_a_version(world: World) -> None:
    with world.database.write() as session:
        request = file(session, world, "lin")
        service.propose(session, world.actor("sam"), request, version="support/desk@1", endpoint="support/desk")
    assert (request.state, request.version, request.endpoint) == ("in_review", "support/desk@1", "support/desk")


def test_a_withdrawn_request_is_not_answered_any_more(world: World) -> None:
    with world.database.write() as session:
        request = file(session, world, "lin")
        service.withdraw(session, world.actor("lin"), request, reason="late")
        with pytest.raises(RequestMoveNotAllowed):
            service.propose(session, SYSTEM, request, version="support/desk@1", endpoint="support/desk")


def test_requests_filed_at_the_same_time_get_different_numbers(world: World) -> None:
    lin, sam = world.actor("lin"), world.actor("sam")

    def work(actor: object) -> None:
        for _ in range(5):
            with world.database.write() as session:
                department = auth_queries.get_department(session, "support")
                service.file(session, actor, department, title="t", need="n")  # type: ignore[arg-type]

    threads = [threading.Thread(target=work, args=[each]) for each in (lin, sam)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.database.read() as session:
        assert sorted(each.number for each in queries.requests(session, SYSTEM)) == list(range(1, 11))
