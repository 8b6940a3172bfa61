"""The tree of refusals: each has a status, a stable code of its own, and a title."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import aird
from aird.core.errors import AirdError, Conflict, NotFound, Refused
from aird.deploy.errors import ModelNotServed

ML = ("aird.runtimes", "aird.training.recipes", "aird.merge.methods")


def family(kind: type[AirdError]) -> Iterator[type[AirdError]]:
    for each in kind.__subclasses__():
        yield each
        yield from family(each)


@pytest.fixture(scope="module")
def errors() -> list[type[AirdError]]:
    """Every error of the house."""
    for module in pkgutil.walk_packages(aird.__path__, "aird."):
        if module.name.endswith(".errors") or ("routes" in module.name and not module.name.startswith(ML)):
            importlib.import_module(module.name)
    return [each for each in family(AirdError) if each.__module__.startswith("aird.")]


def test_every_error_has_a_status_and_a_title(errors: list[type[AirdError]]) -> None:
    assert len(errors) > 40
    for each in errors:
        assert 400 <= each.status <= 599, each
        assert each.__doc__, each
        assert re.fullmatch(r"[A-Z][^.]{5,100}", each.title()), each


def test_every_code_is_its_own(errors: list[type[AirdError]]) -> None:
    codes = [each.code for each in errors if each is not ModelNotServed]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []
    assert ModelNotServed.code == "model_not_found"  # what clients of the OpenAI protocol look for
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", code) for code in codes)


def test_a_code_is_the_name_of_the_class_unless_it_is_said() -> None:
    class QueueFull(Refused):
        """The queue is full. Really."""

    class Renamed(QueueFull):
        """Another name"""

        code = "queue_full_v2"

    class Inherited(Renamed):
        """No name of its own"""

    assert (QueueFull.code, Renamed.code, Inherited.code) == ("queue_full", "queue_full_v2", "inherited")
    assert (QueueFull.status, Renamed.status) == (422, 422)


def test_the_message_and_its_parameters_are_kept() -> None:
    error = NotFound("There is no model 'x'.", name="x")
    assert (str(error), error.message, error.params) == ("There is no model 'x'.",) * 2 + ({"name": "x"},)
    assert not isinstance(error, Conflict)
