"""The states of a request."""

import itertools

import pytest

from aird.requests.lifecycle import MOVES, RequestState, may_move

S = RequestState
CAREERS = [
    [S.DRAFT, S.OPEN, S.BUILDING, S.IN_REVIEW, S.APPROVED, S.DELIVERED, S.ACCEPTED],
    [S.DRAFT, S.WITHDRAWN],
    [S.OPEN, S.IN_REVIEW, S.APPROVED, S.DELIVERED, S.BUILDING, S.IN_REVIEW],
    [S.BUILDING, S.OPEN, S.BUILDING],
    [S.OPEN, S.IN_REVIEW, S.REJECTED],
    [S.OPEN, S.WITHDRAWN],
    [S.IN_REVIEW, S.WITHDRAWN],
    [S.APPROVED, S.WITHDRAWN],
]


@pytest.mark.parametrize("career", CAREERS)
def test_a_request_may_go_this_way(career: list[RequestState]) -> None:
    assert all(may_move(old, new) for old, new in itertools.pairwise(career))


@pytest.mark.parametrize("final", [S.REJECTED, S.ACCEPTED, S.WITHDRAWN])
def test_nothing_follows_a_final_state(final: RequestState) -> None:
    assert not any(may_move(final, new) for new in RequestState)


def test_every_state_has_its_moves_and_none_stays_where_it_is() -> None:
    assert set(MOVES) == set(RequestState)
    assert not any(may_move(state, state) for state in RequestState)


def test_an_open_request_is_not_approved_without_a_review() -> None:
    assert not may_move(S.OPEN, S.APPROVED)
