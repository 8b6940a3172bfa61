"""A scorer of exams compares the pairs of a shadow, by what people said about answers."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from aird.core.clock import now
from aird.datasets import exchanges, feedback
from aird.datasets.feedback import Opinion
from aird.deploy import queries
from aird.deploy.delivery import queries as delivery_queries
from aird.deploy.delivery import service as delivery
from aird.deploy.delivery.conductor import Conductor
from aird.deploy.delivery.models import Better, JudgeKind, Pair, RolloutState
from aird.metering import service as metering
from aird.metering.models import Status
from tests.deploy.delivery.conftest import NAME, Desk

QUESTION = "When does the desk close?"
EXACT = {"scorer": "exact"}


@pytest.fixture
def shadowed(desk: Desk) -> Desk:
    desk.start(kind="shadow", agreed="They were told", scoring=EXACT)
    return desk


def asks(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def pair(
    desk: Desk, baseline: str, candidate: str, *, question: str = QUESTION, request: str = "", **more: Any
) -> Pair:
    """Keep a pair as the gateway does."""
    with desk.world.database.write() as session:
        rollout = delivery_queries.rollouts(session, queries.get_endpoint(session, NAME))[0]
        made = delivery.keep_pair(session, rollout, request or str(uuid4()), f"user: {question}", baseline, candidate)
        for name, value in more.items():
            setattr(made, name, value)
        return made


def said(desk: Desk, request: str, opinion: Opinion, *, unit: str | None = None) -> None:
    """Have lin say something about an answer that the ledger knows."""
    with desk.world.database.write() as session:
        answer = metering.Answer(
            request_id=request, department_id=queries.get_endpoint(session, NAME).department_id, endpoint=NAME,
            unit=unit or desk.old.artifact, version=desk.old.ref, token_id=None, person_id=None, prompt_tokens=5,
            completion_tokens=7, status=Status.OK, milliseconds=120,
        )  # fmt: skip
        metering.record_answers(session, [answer])
        feedback.give(session, desk.world.actor("lin"), request, opinion)


def corrected(desk: Desk, request: str, correction: str, question: str = "") -> None:
    said(desk, request, Opinion(-1, correction=correction, messages=asks(question) if question else ()))


def votes(desk: Desk) -> list[tuple[Better | None, JudgeKind | None]]:
    """One round, and what became of the pairs, the oldest first."""
    Conductor(desk.world.database, desk.world.settings).conduct()
    with desk.world.database.read() as session:
        return [(each.better, each.judge) for each in session.scalars(select(Pair).order_by(Pair.created_at))]


def test_a_correction_of_the_very_answer_decides_its_pair(shadowed: Desk) -> None:
    pair(shadowed, "At nine", "At six.", request="chatcmpl-1")
    assert votes(shadowed) == [(None, None)]
    corrected(shadowed, "chatcmpl-1", "at six")
    assert votes(shadowed) == [(Better.CANDIDATE, JudgeKind.SCORER)]


def test_a_correction_decides_whatever_asks_the_same(shadowed: Desk) -> None:
    corrected(shadowed, "chatcmpl-1", "At six", QUESTION)
    pair(shadowed, "At six", "At nine", question="When  does the desk close?\n")
    pair(shadowed, "At nine", "At ten")
    pair(shadowed, "At nine", "At six", question="When does the desk open?")
    assert votes(shadowed) == [(Better.BASELINE, JudgeKind.SCORER), (Better.SAME, JudgeKind.SCORER), (None, None)]

    corrected(shadowed, "chatcmpl-2", "Tomorrow", "When is ann@example.com called back?")
    pair(shadowed, "Today", "Tomorrow", question="When is ben@example.com called back?")  # names and addresses are out
    assert votes(shadowed)[-1] == (Better.CANDIDATE, JudgeKind.SCORER)


def test_a_wordless_correction_is_found_by_the_kept_exchange(shadowed: Desk) -> None:
    with shadowed.world.database.write() as session:
        dataset = feedback.open_dataset(session, shadowed.world.actor("sam"), NAME)
        kept = exchanges.clean("chatcmpl-1", shadowed.old.artifact, shadowed.old.ref, asks(QUESTION), "At nine")
        exchanges.keep(session, NAME, dataset, kept, days=1)
    corrected(shadowed, "chatcmpl-1", "At six")
    pair(shadowed, "At nine", "At six")
    assert votes(shadowed) == [(Better.CANDIDATE, JudgeKind.SCORER)]


def test_praise_is_a_reference_only_for_an_answer_of_neither_version(shadowed: Desk) -> None:
    praised = Opinion(1, answer="At six", messages=asks(QUESTION))
    said(shadowed, "chatcmpl-1", praised, unit=shadowed.old.artifact)
    pair(shadowed, "At six", "At nine")
    assert votes(shadowed) == [(None, None)]
    said(shadowed, "chatcmpl-2", praised, unit="sha256:" + "0" * 64)
    assert votes(shadowed) == [(Better.BASELINE, JudgeKind.SCORER)]


def test_json_is_judged_where_it_was_asked_for_and_people_may_judge_the_rest(desk: Desk) -> None:
    desk.start(kind="shadow", agreed="They were told", scoring={"scorer": "json"})
    pair(desk, "No JSON", "[]", form={"type": "array"})
    free = pair(desk, "No JSON", "[]")
    assert votes(desk) == [(Better.CANDIDATE, JudgeKind.SCORER), (None, None)]
    with desk.world.database.write() as session:
        endpoint = queries.get_endpoint(session, NAME)
        delivery.vote(session, desk.world.actor("lin"), endpoint, session.get_one(Pair, free.id), "same")
    assert votes(desk)[1] == (Better.SAME, JudgeKind.PERSON)


def test_a_shadow_passes_by_the_scorer_and_not_by_identical_answers(shadowed: Desk) -> None:
    with shadowed.world.database.write() as session:
        rollout = delivery_queries.rollouts(session, queries.get_endpoint(session, NAME))[0]
        for number in range(300):
            delivery.keep_pair(session, rollout, f"same-{number}", "user: Hello", "Good morning", "Good morning")
    pair(shadowed, "At nine", "At six")
    assert votes(shadowed)[0] == (Better.SAME, JudgeKind.NOBODY)
    assert shadowed.rollout().state is RolloutState.RUNNING
    for number in range(15):
        pair(shadowed, "At nine", "At six", request=f"chatcmpl-{number}")
    corrected(shadowed, "chatcmpl-0", "At six", QUESTION)
    votes(shadowed)
    found = shadowed.conduct()
    assert (found.state, found.figures["why"]) == (RolloutState.PASSED, "no_worse")
    assert found.figures["preference"]["candidate"] == 16


def test_the_form_goes_with_the_texts(desk: Desk) -> None:
    desk.start(kind="shadow", agreed="They were told", scoring={"scorer": "json"})
    kept = pair(desk, "{", "{}", form={"type": "object"})
    with desk.world.database.write() as session:
        endpoint = queries.get_endpoint(session, NAME)
        delivery.take_back(session, desk.world.actor("sam"), endpoint, 1, reason="Enough")
        delivery_queries.get_rollout(session, endpoint, 1).ended_at = now() - timedelta(days=30)
    desk.conduct()
    with desk.world.database.read() as session:
        found = session.get_one(Pair, kept.id)
        assert (found.question, found.candidate, found.form) == (None, None, None)
