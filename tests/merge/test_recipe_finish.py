"""The parts of a recipe that name questions: what is read, and every refusal with the place it stands at."""

from typing import Any

import pytest

from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused
from aird.merge.recipe.questions import Finish, Prompts, read_finish, read_prompts

ENTRY = {"version": "support/mail@1", "dataset": "support/mails@2", "split": "unlabelled", "limit": 400}
MAIL = VersionRef("support", "mail", 1)


def test_a_finish_may_be_one_word() -> None:
    assert read_finish(True) == Finish()
    assert read_finish(True).settings.steps == 240  # type: ignore[union-attr]
    assert read_finish(None) is None
    assert read_finish(False) is None


def test_a_finish_takes_what_a_distillation_knows() -> None:
    found = read_finish({"steps": 60, "loss": "jsd", "beta": 0.2, "prompts": [ENTRY]})
    assert found is not None
    assert (found.settings.steps, found.settings.mixing) == (60, 0.2)
    assert found.prompts == (Prompts(MAIL, "support/mails@2", "unlabelled", 400),)


@pytest.mark.parametrize(("width", "rate"), [(64, 6e-3), (128, 6e-3), (4096, 1.88e-4), (0, 2e-3)])
def test_the_learning_rate_falls_with_the_width_of_the_base(width: int, rate: float) -> None:
    for said in (True, {"steps": 60}):
        found = read_finish(said)
        assert found is not None
        assert found.settings_on(width) == found.settings.model_copy(update={"learning_rate": rate})


def test_a_learning_rate_that_is_said_holds_whatever_the_width() -> None:
    found = read_finish({"learning_rate": 2e-3})
    assert found is not None
    assert found.settings_on(4096).learning_rate == 2e-3


def test_split_and_limit_may_be_left_out() -> None:
    assert read_prompts([{"version": "support/mail@1", "dataset": "support/mails"}]) == (
        Prompts(MAIL, "support/mails"),
    )
    assert read_prompts(None) == ()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("yes", "aird.finish"),
        ({"stepps": 60}, "aird.finish.stepps"),
        ({"steps": 0}, "aird.finish.steps"),
        ({"loss": "squared"}, "aird.finish.loss"),
        ({"student": "full"}, "aird.finish.student"),
        ({"lora": {"r": 4}}, "aird.finish.lora"),
        ({"prompts": []}, "aird.finish.prompts"),
        ({"prompts": [{"version": "support/mail@1"}]}, "aird.finish.prompts[0]"),
    ],
)
def test_a_finish_that_cannot_be_is_refused_where_it_is_wrong(value: Any, key: str) -> None:
    with pytest.raises(RecipeRefused) as refused:
        read_finish(value)
    assert refused.value.params["key"] == key


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"version": "/etc/passwd"}, "aird.prompts[0].version"),
        ({"dataset": "support/mails@production"}, "aird.prompts[0].dataset"),
        ({"dataset": 3}, "aird.prompts[0].dataset"),
        ({"split": "../train"}, "aird.prompts[0].split"),
        ({"limit": 0}, "aird.prompts[0].limit"),
        ({"limit": True}, "aird.prompts[0].limit"),
        ({"labels": True}, "aird.prompts[0].labels"),
    ],
)
def test_questions_that_cannot_be_are_refused_where_they_are_wrong(changed: dict[str, Any], key: str) -> None:
    with pytest.raises(RecipeRefused) as refused:
        read_prompts([{**ENTRY, **changed}])
    assert refused.value.params["key"] == key
