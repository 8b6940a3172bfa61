"""`aird requests`: a need is written, tried, offered, chosen, accepted."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

FOUND = {"number": 4, "state": "building"}
SPAN = {"low": 0.6, "mid": 0.8, "high": 0.9}
OPTION: dict[str, Any] = {
    "key": "merge", "way": "merge", "versions": ["support/mail@1", "support/calls@2"], "base": "platform/base@1",
    "expected": {"span": SPAN, "basis": "house", "children": 4}, "reach": "probably",
    "work": {"seconds": SPAN | {"mid": 90}, "micro": 250_000, "chip_seconds": 90, "jobs": 4},
    "running": {"tokens_micro": 2_700_000, "engine_micro": 0, "micro": 2_700_000, "engines": 0, "busy": 0.1},
    "payback_months": 0.5,
}  # fmt: skip
OFFER: dict[str, Any] = {
    "options": [OPTION], "recommended": "merge", "reason": {"code": "smallest", "message": "It is the smallest."},
    "unknown": [{"code": "people", "message": "The time of people is in no sum."}], "currency": "CNY",
}  # fmt: skip
ACTS: list[tuple[tuple[str, ...], str, dict[str, Any]]] = [
    (("choose", "4", "merge"), "choose", {"option": "merge"}),
    (("send", "4"), "send", {}),
    (("say", "4", "By Monday"), "messages", {"text": "By Monday"}),
    (("accept", "4", "-m", "Good"), "accept", {"note": "Good"}),
    (("give-back", "4", "-m", "Too slow"), "give-back", {"reason": "Too slow"}),
    (("withdraw", "4", "-m", "Late"), "withdraw", {"reason": "Late"}),
]


@pytest.mark.parametrize(("arguments", "path", "body"), ACTS)
def test_what_is_done_with_a_request_is_one_call(
    aird: Callable[..., Result], server: StandIn, arguments: tuple[str, ...], path: str, body: dict[str, Any]
) -> None:
    server.on("POST", f"/api/v1/requests/4/{path}", FOUND)
    assert "Request 4 is building." in aird("requests", *arguments).stderr
    assert server.calls[0].json() == body


def test_the_offer_is_a_table_with_what_is_recommended_and_what_nobody_knows(
    aird: Callable[..., Result], server: StandIn
) -> None:
    server.on("GET", "/api/v1/requests/4/offer", OFFER)
    result = aird("requests", "offer", "4")
    assert "support/mail@1 + support/calls@2" in result.stdout
    assert "60%-90%" in result.stdout
    assert "0.5 months" in result.stdout
    assert "Recommended: merge. It is the smallest." in result.stderr
    assert "Not known: The time of people is in no sum." in result.stderr


def test_the_offer_says_why_in_sums_and_what_would_be_cheaper(aird: Callable[..., Result], server: StandIn) -> None:
    why = [{"code": "smallest", "message": "It is the smallest."}, {"code": "x", "message": "It costs 2 less."}]
    cheaper = OPTION | {"key": "reuse-cheaper", "cheaper": True, "why": [{"code": "y", "message": "It costs 1 less."}]}
    server.on("GET", "/api/v1/requests/4/offer", OFFER | {"options": [OPTION | {"why": why}, cheaper]})
    result = aird("requests", "offer", "4")
    assert "Recommended: merge. It is the smallest. It costs 2 less." in result.stderr
    assert "Cheaper: reuse-cheaper. It costs 1 less." in result.stderr


def test_matches_are_ranked_with_their_reasons(aird: Callable[..., Result], server: StandIn) -> None:
    tried = {"ref": "support/mail@1", "score": 0.9, "low": 0.6, "high": 0.98, "items": 10}
    reasons = [{"code": "answers", "message": "It answers 9 of 10."}]
    server.on("GET", "/api/v1/requests/4/matches", {"items": [{**tried, "reasons": reasons}], "stale": True})
    result = aird("requests", "matches", "4")
    assert "90%    60%-98%   10        It answers 9 of 10." in result.stdout
    assert "Try again: aird requests match 4" in result.stderr


def test_trying_and_ordering_print_the_job(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/requests/4/matches", {"job": "j1"})
    server.on("POST", "/api/v1/requests/4/order", {"job": "j2", "approval": None})
    assert aird("requests", "match", "4").stdout.strip() == "j1"
    assert aird("requests", "order", "4").stdout.strip() == "j2"


def test_a_draft_says_what_bounds_it(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/requests", {"number": 5, "state": "draft"})
    aird(
        "requests", "new", "--department", "support", "--title", "Mail", "--need", "Sort it", "--volume", "100",
        "--budget-month", "12.5", "--language", "zh-CN", "--language", "en", "--floor", "0.9", "--draft",
    )  # fmt: skip
    assert server.calls[0].json() == {
        "department": "support", "title": "Mail", "need": "Sort it", "volume_per_day": 100, "floor": 0.9,
        "budget_month_micro": 12_500_000, "languages": ["zh-CN", "en"], "draft": True,
    }  # fmt: skip
