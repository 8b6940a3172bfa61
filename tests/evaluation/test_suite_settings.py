"""What a suite may choose, and the digest that names it."""

from typing import Any

import pytest

from aird.evaluation import settings as suite_settings
from aird.evaluation.errors import SuiteRefused
from aird.evaluation.models import Scorer

KNOWN = [{"question": "Hi?", "answer": "x", "good": n % 2 == 0} for n in range(4)]
ITEMS = f"sha256:{'1' * 64}"


@pytest.mark.parametrize(
    ("scorer", "settings", "field"),
    [
        (Scorer.CHOICE, {"per_tokens": True}, "per_tokens"),
        (Scorer.REGEX, {"pattern": "("}, "pattern"),
        (Scorer.JSON, {"form": {"type": 3}}, "form"),
        (Scorer.JSON, {"form": {"$ref": "http://example.com/x"}}, "form"),
        (Scorer.EXACT, {"extract": "x"}, "settings"),
        (Scorer.F1, {"max_tokens": 0}, "max_tokens"),
        (Scorer.JUDGE, {"judge": "support/judge@1"}, "calibration"),
        (Scorer.JUDGE, {"judge": "support/judge@1", "calibration": KNOWN[:1] * 4}, "settings"),
        (Scorer.CHOICE, {"checks": ["luck"]}, "checks.0"),
    ],
)
def test_settings_that_are_not_right_are_refused_with_their_field(
    scorer: Scorer, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(SuiteRefused) as refused:
        suite_settings.read(scorer, settings)
    assert refused.value.params["field"] == field


@pytest.mark.parametrize(
    ("scorer", "settings"),
    [
        (Scorer.CHOICE, {"per_token": True, "checks": ["typos"]}),
        (Scorer.REGEX, {"pattern": r"\d+"}),
        (Scorer.JSON, {"form": {"type": "object"}}),
        (Scorer.EXACT, {"normalise": True, "extract": "x"}),
        (Scorer.JUDGE, {"judge": "support/judge@1", "calibration": KNOWN}),
        (Scorer.PERPLEXITY, {}),
    ],
)
def test_settings_are_stored_as_they_were_given(scorer: Scorer, settings: dict[str, Any]) -> None:
    found = suite_settings.stored(suite_settings.read(scorer, settings))
    assert {key: found[key] for key in settings if key != "calibration"} == {
        key: value for key, value in settings.items() if key != "calibration"
    }


def test_the_digest_names_items_scorer_and_settings_and_no_default() -> None:
    def digest(items: str = ITEMS, scorer: Scorer = Scorer.F1, **settings: Any) -> str:
        stored = suite_settings.stored(suite_settings.read(scorer, settings))
        return suite_settings.digest(items, "exam", scorer, stored)

    assert digest() == digest(max_tokens=128)
    others = [digest(f"sha256:{'2' * 64}"), digest(scorer=Scorer.REFUSAL), digest(max_tokens=9)]
    assert len({digest(), *others}) == 4
