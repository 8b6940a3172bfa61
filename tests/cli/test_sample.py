"""`aird sample`: what is here, and the removal that asks first."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

SAMPLE = {"departments": ["hr", "support"], "models": 9, "versions": 11, "jobs": 14, "foreign": [], "running": 0}
NONE = {"departments": [], "models": 0, "versions": 0, "jobs": 0, "foreign": [], "running": 0}
PATH = "/api/v1/sample"


@pytest.fixture
def sample(server: StandIn) -> StandIn:
    server.on("GET", PATH, SAMPLE)
    server.on("DELETE", PATH, SAMPLE)
    return server


def test_it_is_shown_with_what_keeps_it(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", PATH, SAMPLE | {"foreign": ["legal/answers@1"], "running": 2})
    shown = aird("sample", "show")
    assert "hr, support  9       11        14" in shown.stdout
    assert "made from it: legal/answers@1." in shown.stderr
    assert "2 of its jobs wait or run" in shown.stderr
    server.on("GET", PATH, NONE)
    assert "aird up --sample" in aird("sample", "show").stderr


def test_it_goes_when_that_is_meant(aird: Callable[..., Result], sample: StandIn) -> None:
    gone = aird("sample", "remove", "--yes")
    assert (gone.exit_code, sample.calls[-1].method) == (0, "DELETE")
    assert "Gone: 9 models, 11 versions and 14 jobs of hr, support." in gone.stderr
    assert json.loads(aird("sample", "remove", "-y", "--json").stdout) == SAMPLE


def test_it_stays_when_nobody_can_be_asked(aird: Callable[..., Result], sample: StandIn) -> None:
    refused = aird("sample", "remove")
    assert refused.exit_code == 2
    assert "9 models, 11 versions, 14 jobs" in refused.stderr
    assert "--yes" in refused.stderr
    assert [each.method for each in sample.calls] == ["GET"]


def test_a_refusal_of_the_server_says_what_stands_in_the_way(aird: Callable[..., Result], sample: StandIn) -> None:
    sample.on("DELETE", PATH, sample.problem(409, "sample_in_use", "Made from the sample: legal/answers@1."))
    refused = aird("sample", "remove", "--yes")
    assert refused.exit_code == 6
    assert "legal/answers@1" in refused.stderr
