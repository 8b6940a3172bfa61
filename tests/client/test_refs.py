import pytest

from aird.client.errors import BadReference
from aird.client.refs import path_of, split_name, split_ref


def test_a_name_has_two_parts() -> None:
    assert split_name("support/agent") == ("support", "agent")


@pytest.mark.parametrize("name", ["", "agent", "support/", "/agent", "a/b/c", "support/agent@3", "../agent", "a/.."])
def test_anything_else_is_not_a_name(name: str) -> None:
    with pytest.raises(BadReference, match="department/name"):
        split_name(name)


@pytest.mark.parametrize(("ref", "number"), [("a/b", None), ("a/b@3", 3), ("a/b@latest", None), ("a/b@120", 120)])
def test_a_version_is_a_name_and_a_number(ref: str, number: int | None) -> None:
    assert split_ref(ref) == ("a/b", number)


@pytest.mark.parametrize("ref", ["a/b@", "a/b@0", "a/b@-1", "a/b@X y", "a/b@1@2", "a@1", "a/b@²"])
def test_anything_else_is_not_a_version(ref: str) -> None:
    with pytest.raises(BadReference):
        split_ref(ref)


def test_a_name_cannot_leave_its_place_in_an_address() -> None:
    assert path_of("a?b/c#d e") == "a%3Fb/c%23d%20e"


@pytest.mark.parametrize(("ref", "revision"), [("a/b@production", "production"), ("a/b@v3", 3), ("a/b@latest", None)])
def test_an_alias_names_a_version_too(ref: str, revision: object) -> None:
    assert split_ref(ref) == ("a/b", revision)
