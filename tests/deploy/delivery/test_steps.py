"""What becomes of a trial: by steps up, back at once, or to a person."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from aird.deploy.delivery import health, pairs, steps
from aird.deploy.delivery.health import Arm
from aird.deploy.delivery.pairs import Votes
from aird.deploy.delivery.steps import Move, Rules, Verdict, Why

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
RULES = Rules(window_seconds=100, patience_seconds=1000, least=30)
STEPS = (10, 100, 500)
FINE = Arm(ok=1000, errors=5)


def after(seconds: float, candidate: Arm, *, weight: int = 100, fresh: int = 50, rules: Rules = RULES) -> Verdict:
    readings = health.read(FINE, candidate, slower=rules.slower)
    at = BEGAN + timedelta(seconds=seconds)
    return steps.canary(rules, STEPS, weight, readings, fresh=fresh, since=BEGAN, at=at)


def test_a_healthy_candidate_takes_the_next_step_when_the_window_is_over() -> None:
    healthy = Arm(ok=50)
    assert (after(99, healthy).move, after(99, healthy).why) == (Move.WAIT, Why.WINDOW)
    assert after(100, healthy).move is Move.STEP
    assert steps.next_weight(STEPS, 100) == 500


def test_a_step_needs_answers_and_after_a_while_a_person() -> None:
    early, late = after(500, Arm(ok=5), fresh=5), after(1000, Arm(ok=5), fresh=5)
    assert (early.move, early.why, early.params) == (Move.WAIT, Why.FEW_ANSWERS, {"fresh": 5, "least": 30})
    assert (late.move, late.why) == (Move.ASK, Why.FEW_ANSWERS)
    assert "A person" in late.reason


def test_a_sick_candidate_is_taken_back_at_once() -> None:
    found = after(1, Arm(ok=20, errors=20), fresh=3)
    assert (found.move, found.why, found.params["signal"]) == (Move.TAKE_BACK, Why.WORSE, "errors")
    assert "20 of 40 against 5 of 1005" in found.reason


def test_a_hint_of_harm_waits_for_more() -> None:
    hinting = Arm(ok=95, errors=5)
    assert (after(200, hinting).move, after(200, hinting).why) == (Move.WAIT, Why.HINT)
    assert after(2000, hinting).move is Move.ASK


def test_promotion_needs_proof_where_a_step_needs_none() -> None:
    few, many = Arm(ok=40), Arm(ok=400)
    assert after(200, few).move is Move.STEP
    assert (after(200, few, weight=500).move, after(200, few, weight=500).why) == (Move.WAIT, Why.NOT_SHOWN)
    assert after(200, many, weight=500).move is Move.PROMOTE


def test_without_automatic_steps_a_person_takes_them_and_harm_is_still_taken_back() -> None:
    by_hand = Rules(window_seconds=100, automatic=False)
    assert (after(200, Arm(ok=50), rules=by_hand).move, after(200, Arm(ok=50), rules=by_hand).why) == (
        Move.WAIT, Why.BY_HAND,
    )  # fmt: skip
    assert after(1, Arm(ok=20, errors=20), rules=by_hand).move is Move.TAKE_BACK


@pytest.mark.parametrize(
    ("votes", "seconds", "move"),
    [
        (Votes(candidate=3, baseline=3), 10, Move.WAIT),
        (Votes(candidate=3, baseline=3), 1000, Move.ASK),
        (Votes(candidate=2, baseline=25), 10, Move.TAKE_BACK),
        (Votes(candidate=25, baseline=2, same=10), 10, Move.PROMOTE),
        (Votes(candidate=120, baseline=150, same=30), 10, Move.ASK),
    ],
)
def test_a_shadow_is_decided_by_its_votes(votes: Votes, seconds: float, move: Move) -> None:
    at = BEGAN + timedelta(seconds=seconds)
    assert steps.shadow(RULES, pairs.read(votes), since=BEGAN, at=at).move is move


def test_rules_are_kept_and_read_as_they_were() -> None:
    assert Rules.of(RULES.kept()) == RULES
    assert Rules.of({"least": 5, "of a later time": 1}) == Rules(least=5)


def whole_trial(random: Random, before: float, after_: float) -> Move:
    """A rollout from 1 % to its end, 400 requests a window, with every signal looked at after each 40."""
    rules, weight, arms = Rules(window_seconds=400, patience_seconds=4000, least=10), 100, [Arm(), Arm()]
    fresh, since = 0, 0
    for second in range(1, 12_001):
        which = int(random.randrange(1000) < weight)
        rate = after_ if which else before
        arm, failed = arms[which], random.random() < rate
        arms[which] = Arm(arm.ok + (not failed), arm.errors + failed, arm.empty, arm.length + (random.random() < 0.1))
        fresh += which
        if second % 40:
            continue
        readings = health.read(*arms, slower=1.5)
        moment = BEGAN + timedelta(seconds=second)
        began = BEGAN + timedelta(seconds=since)
        found = steps.canary(rules, (100, 500), weight, readings, fresh=fresh, since=began, at=moment)
        if found.move is Move.STEP:
            weight, fresh, since = steps.next_weight((100, 500), weight), 0, second
        elif found.move is not Move.WAIT:
            return found.move
    return Move.ASK


def test_whole_trials_promote_what_is_equal_and_take_back_what_is_worse() -> None:
    random = Random(11)
    equal = [whole_trial(random, 0.01, 0.01) for _ in range(30)]
    worse = [whole_trial(random, 0.01, 0.15) for _ in range(30)]
    assert equal.count(Move.PROMOTE) >= 27
    assert worse.count(Move.TAKE_BACK) == 30
