"""The states of a version: exactly the moves of the picture, nothing else. Pure."""

from itertools import product

import pytest

from aird.catalog.lifecycle import MOVES, VersionState, may_move

S = VersionState
DRAWN = {
    (S.DRAFT, S.CANDIDATE),
    (S.CANDIDATE, S.APPROVED),
    *((each, S.SUSPENDED) for each in (S.DRAFT, S.CANDIDATE, S.APPROVED)),
    *((each, S.RETIRED) for each in (S.DRAFT, S.CANDIDATE, S.APPROVED, S.SUSPENDED)),
    (S.SUSPENDED, S.CANDIDATE),
    (S.SUSPENDED, S.DRAFT),
}


@pytest.mark.parametrize(("old", "new"), list(product(S, S)))
def test_a_version_moves_exactly_along_the_arrows(old: VersionState, new: VersionState) -> None:
    assert may_move(old, new) == ((old, new) in DRAWN)


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(MOVES) == set(S)


def test_nothing_comes_back_from_retirement() -> None:
    assert MOVES[S.RETIRED] == frozenset()
    assert all(MOVES[each] for each in S if each is not S.RETIRED)


def test_the_only_way_to_an_approval_is_from_a_candidate() -> None:
    assert [old for old in S if may_move(old, S.APPROVED)] == [S.CANDIDATE]
