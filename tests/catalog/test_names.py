import re
from collections.abc import Callable

import pytest
from pydantic import TypeAdapter, ValidationError

from aird.catalog.names import (
    NAME_PATTERN,
    RESERVED,
    SLUG_PATTERN,
    ModelName,
    NameRefused,
    Slug,
    VersionRef,
    check_name,
    check_slug,
)
from aird.core.errors import AirdError

GOOD_SLUGS = [
    "a",
    "7",
    "hr",
    "support-agent",
    "qwen2.5-0.5b",
    "a_b",
    "x" * 63,
    "base",
    "main",
    "console",
    "com",
    "lpt",
]
BAD_SLUGS = [
    *(
        "",
        " ",
        "HR",
        "Übersetzer",
        "人事",
        "a b",
        "a\tb",
        "a\n",
        "\na",
        "a\x00",
        "a/b",
        "a\\b",
        "a@b",
        "a+b",
        "a:b",
        "a,b",
    ),
    *(
        "-a",
        "a-",
        ".a",
        "a.",
        "_a",
        "..",
        ".",
        "a..b",
        "a--b",
        "%2e%2e",
        "a%00",
        "$(touch x)",
        "a;b",
        "a|b",
        "a*",
        "~",
    ),
    *(
        "x" * 64,
        "a.git",
        "null",
        "true",
        "api",
        "latest",
        "new",
        "resolve",
        "con",
        "con.txt",
        "com1",
        "nul.a.b",
    ),
    *("ⅷ", "a\u200bb", "a\u202eb", "ａ", "١", "--help", "-rf"),
]
BAD_NAMES = [
    *(
        "",
        "/",
        "a",
        "a/",
        "/a",
        "a/b/c",
        "a//b",
        "//",
        "../b",
        "a/..",
        "a/../b",
        "a/./b",
        "/etc/passwd",
        "a\\b/c",
        "A/b",
    ),
    *(
        "file:///a/b",
        "http://a/b",
        "c:/b",
        "~/b",
        "a/b@3",
        "a/b+c/d",
        f"{'a' * 60}/{'b' * 60}",
        "models/a",
        "a/con",
    ),
]
BAD_VERSIONS = [
    "a/b@",
    "a/b@0",
    "a/b@-1",
    "a/b@01",
    "a/b@1.0",
    "a/b@latest",
    "a/b@1@2",
    "a/b@١",
    "a/b@1\n",
    "@3",
    "a@3",
]


@pytest.mark.parametrize("text", GOOD_SLUGS)
def test_a_plain_name_is_taken_as_it_is(text: str) -> None:
    assert check_slug(text) == text
    assert re.fullmatch(SLUG_PATTERN, text)


@pytest.mark.parametrize("text", BAD_SLUGS)
def test_a_name_that_could_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(NameRefused) as refusal:
        check_slug(text)
    assert refusal.value.status == 422
    assert refusal.value.code == "name_refused"
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("text", ["support/answers", "a/b", "it-base/qwen2.5", f"{'a' * 47}/{'b' * 48}"])
def test_a_model_is_named_by_its_department_and_itself(text: str) -> None:
    assert check_name(text) == text
    assert re.fullmatch(NAME_PATTERN, text)


@pytest.mark.parametrize("text", BAD_NAMES)
def test_what_is_not_department_and_model_is_refused(text: str) -> None:
    with pytest.raises(NameRefused):
        check_name(text)


@pytest.mark.parametrize("text", ["a/b", "a/b@1", "support/answers@123456789"])
def test_a_version_reference_reads_back_as_it_was_written(text: str) -> None:
    assert str(VersionRef.parse(text)) == text


def test_a_reference_without_a_number_means_the_latest() -> None:
    assert VersionRef.parse("a/b") == VersionRef("a", "b", None)
    assert VersionRef.parse("a/b@3").name == "a/b"


@pytest.mark.parametrize("text", [*BAD_VERSIONS, *(n for n in BAD_NAMES if n != "a/b@3")])
def test_a_reference_with_anything_else_after_the_at_sign_is_refused(text: str) -> None:
    with pytest.raises(NameRefused):
        VersionRef.parse(text)


@pytest.mark.parametrize(("kind", "good", "bad"), [(Slug, "hr", "H R"), (ModelName, "hr/a", "hr/../a")])
def test_the_api_shapes_follow_the_same_rule(kind: type[str], good: str, bad: str) -> None:
    shape: TypeAdapter[str] = TypeAdapter(kind)
    assert shape.validate_python(good) == good
    with pytest.raises(ValidationError):
        shape.validate_python(bad)


@pytest.mark.parametrize("check", [check_slug, check_name, VersionRef.parse])
def test_a_long_name_does_not_fill_the_message(check: Callable[[str], object]) -> None:
    with pytest.raises(AirdError) as refusal:
        check("x/" + "y" * 100_000)
    assert len(str(refusal.value)) < 400


def test_reserved_words_are_names_otherwise() -> None:
    assert all(re.fullmatch(SLUG_PATTERN, word) for word in RESERVED)
