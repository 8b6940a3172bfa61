"""An approval is talked about: changes are asked for, made, and looked at again."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from aird.approval import conversation, queries
from aird.approval.errors import (
    ApprovalPending,
    ChangesWanted,
    NotACandidate,
    NothingToRenew,
    OwnRequest,
    VersionElsewhere,
)
from aird.approval.models import Approval
from aird.catalog.models import Commit
from aird.core.errors import NotPermitted
from tests.approval.conftest import Desk


def steps(desk: Desk, approval: Approval) -> list[tuple[str, str, str]]:
    with desk.world.database.read() as session:
        found = conversation.events(session, queries.get_approval(session, approval.id))
        return [(each.actor, each.step.value, each.version) for each in found]


def test_every_step_is_a_line_of_the_conversation(desk: Desk) -> None:
    first = desk.candidate()
    approval = desk.ask(first)
    desk.comment(approval, "Why not the older one?", by="rita")
    desk.request_changes(approval)
    second = desk.candidate()
    desk.approve(desk.renew(approval, version=second))
    assert steps(desk, approval) == [
        ("lin", "asked", "support/desk@1"),
        ("rita", "commented", "support/desk@1"),
        ("rita", "changes_requested", "support/desk@1"),
        ("lin", "renewed", "support/desk@2"),
        ("rita", "approved", "support/desk@2"),
    ]


def test_what_changes_were_asked_of_waits_for_the_askers(desk: Desk) -> None:
    version = desk.candidate()
    approval = desk.request_changes(desk.ask(version))
    assert desk.states([approval]) == ["changes_requested"]
    with pytest.raises(ChangesWanted):
        desk.approve(approval)
    with pytest.raises(ApprovalPending, match="the changes that were asked for"):
        desk.ask(version)
    assert desk.approve(desk.renew(approval)).state == "approved"


@pytest.mark.parametrize("who", ["lin", "sam"])
def test_who_asked_or_made_it_wants_no_changes_of_themselves(desk: Desk, who: str) -> None:
    approval = desk.ask(desk.candidate(by="sam"), by="lin")
    with pytest.raises(OwnRequest):
        desk.request_changes(approval, by=who)
    assert desk.request_changes(approval, by="rita").state == "changes_requested"


def test_who_asked_again_cannot_sign_either(desk: Desk) -> None:
    approval = desk.renew(desk.request_changes(desk.ask(desk.candidate())), by="rita")
    for who in ("rita", "lin"):
        with pytest.raises(OwnRequest):
            desk.approve(approval, by=who)
    assert desk.states([approval]) == ["pending"]


def test_who_pushed_the_files_last_cannot_sign(desk: Desk) -> None:
    version = desk.candidate(by="sam")
    with desk.world.database.write() as session:
        session.execute(update(Commit).values(author_id=desk.world.actor("rita").id))
    approval = desk.ask(version)
    for who in ("rita", "sam"):
        with pytest.raises(OwnRequest):
            desk.approve(approval, by=who)
    with pytest.raises(IntegrityError), desk.world.database.write() as session:
        session.execute(update(Approval).values(decided_by=desk.world.actor("rita").id))


def test_another_version_takes_the_place_with_its_own_bytes(desk: Desk) -> None:
    approval = desk.request_changes(desk.ask(desk.candidate()))
    with pytest.raises(VersionElsewhere):
        desk.renew(approval, version=desk.candidate("support/other"))
    second = desk.candidate()
    again = desk.renew(approval, version=second)
    assert (again.digest, again.request.version) == (second.artifact, "support/desk@2")


def test_a_draft_does_not_take_the_place(desk: Desk) -> None:
    approval = desk.request_changes(desk.ask(desk.candidate()))
    with pytest.raises(NotACandidate):
        desk.renew(approval, version=desk.world.version("support/desk"))


def test_only_what_has_to_be_put_right_is_asked_for_again(desk: Desk) -> None:
    approval = desk.ask(desk.candidate())
    for undecided in (True, False):
        with pytest.raises(NothingToRenew):
            desk.renew(approval)
        if undecided:
            desk.reject(approval)


def test_who_neither_asks_nor_decides_there_says_nothing(desk: Desk) -> None:
    approval = desk.ask(desk.candidate())
    for who in ("omar", "noor", "ada"):
        with pytest.raises(NotPermitted):
            desk.comment(approval, "hm", by=who)
    desk.comment(approval, "It is for the mail desk.", by="sam")
    assert steps(desk, approval)[-1][:2] == ("sam", "commented")
