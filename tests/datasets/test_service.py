"""Data sets and their versions, on a real database and a real store."""

import threading

import pytest

from aird.audit import queries as audit_queries
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.datasets import queries, service
from aird.datasets.errors import DatasetExists, DatasetVersionNotFound, SplitNotFound, UploadRefused
from aird.datasets.models import DatasetKind
from tests.datasets.conftest import CHATS, EXAM, Shelf


def test_staff_open_a_data_set_and_leads_do_not(shelf: Shelf) -> None:
    assert shelf.dataset().label == "support/mail"
    with pytest.raises(NotPermitted), shelf.world.database.write() as session:
        service.add_dataset(session, shelf.world.actor("lin"), "support/more", "t", DatasetKind.EXAM)


def test_staff_of_one_department_open_none_in_another(shelf: Shelf) -> None:
    with shelf.world.database.write() as session:
        rui = shelf.world.actor("rui")
        assert service.add_dataset(session, rui, "platform/mail", "t", DatasetKind.EXAM)
        with pytest.raises(NotPermitted):
            service.add_dataset(session, rui, "support/mail", "t", DatasetKind.EXAM)


def test_a_name_is_taken_once_and_follows_the_rules_of_the_catalog(shelf: Shelf) -> None:
    shelf.dataset()
    with pytest.raises(DatasetExists):
        shelf.dataset()
    with pytest.raises(NameRefused):
        shelf.dataset("support/../mail")


def test_versions_count_up_and_the_latest_is_meant_without_a_number(shelf: Shelf) -> None:
    dataset, sam = shelf.dataset(), shelf.world.actor("sam")
    one, two = shelf.new(train=CHATS), shelf.new(train=CHATS, exam=EXAM)
    with shelf.world.database.write() as session:
        service.add_version(session, sam, dataset, one)
        service.add_version(session, sam, dataset, two)
    with shelf.world.database.read() as session:
        assert queries.get_ref(session, "support/mail").number == 2
        first = queries.get_ref(session, "support/mail@1")
        assert (first.splits, first.items, first.format) == ({"train": 5}, 5, "chat")
        with pytest.raises(DatasetVersionNotFound):
            queries.get_ref(session, "support/mail@3")


def test_a_data_set_without_versions_has_no_latest(shelf: Shelf) -> None:
    shelf.dataset()
    with shelf.world.database.read() as session, pytest.raises(DatasetVersionNotFound):
        queries.get_ref(session, "support/mail")


def test_the_same_content_is_the_same_version(shelf: Shelf) -> None:
    dataset, other, sam = shelf.dataset(), shelf.dataset("support/more"), shelf.world.actor("sam")
    new = shelf.new(train=CHATS)
    with shelf.world.database.write() as session:
        first, created = service.add_version(session, sam, dataset, new)
        second, again = service.add_version(session, sam, dataset, new)
        assert (created, again, second.ref) == (True, False, first.ref)
        assert service.add_version(session, sam, other, new)[1]


def test_the_same_content_filed_at_the_same_time_is_filed_once(shelf: Shelf) -> None:
    dataset, new, sam = shelf.dataset(), shelf.new(train=CHATS), shelf.world.actor("sam")
    found: list[bool] = []
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        with shelf.world.database.write() as session:
            found.append(service.add_version(session, sam, dataset, new)[1])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 5 + [True]
    with shelf.world.database.read() as session:
        assert len(audit_queries.entries(session, event="datasets.version.added")) == 1


def test_items_are_read_back_as_they_were_filed(shelf: Shelf) -> None:
    dataset = shelf.dataset()
    with shelf.world.database.write() as session:
        version = service.add_version(session, shelf.world.actor("sam"), dataset, shelf.new(train=CHATS, exam=EXAM))[0]
    assert list(service.open_items(shelf.world.store, version, "exam")) == EXAM
    assert list(service.read_split(shelf.world.store, version.artifact, "train")) == CHATS
    with pytest.raises(SplitNotFound):
        service.open_items(shelf.world.store, version, "dev")


def test_a_feedback_data_set_takes_no_uploads(shelf: Shelf) -> None:
    sam = shelf.world.actor("sam")
    service.check_upload(sam, shelf.dataset())
    with pytest.raises(UploadRefused):
        service.check_upload(sam, shelf.dataset("support/desk-feedback", DatasetKind.FEEDBACK))
