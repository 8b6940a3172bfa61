"""The strict reader gives what Python's reader gives, or a refusal, for any bytes at all."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.intake.strict_json import MAX_DEPTH, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def reason(raw: bytes) -> str:
    with pytest.raises(IntakeRefused) as refusal:
        parse(raw, "x.json")
    assert str(refusal.value).isprintable()
    return str(refusal.value.params["reason"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(values)
def test_what_is_plain_json_is_read_as_it_is(value: Any) -> None:
    assert parse(json.dumps(value).encode(), "x.json") == value


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u', max_size=60).map(str.encode))
def test_any_bytes_end_in_a_value_or_a_refusal(raw: bytes) -> None:
    try:
        found = parse(raw, "x.json")
    except IntakeRefused:
        return
    assert found == json.loads(raw)


def test_the_deepest_that_is_taken_and_one_level_more() -> None:
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "x.json")
    assert reason(b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2)) == "too_deep"
    assert reason(b'{"a":' * (MAX_DEPTH + 2) + b"1" + b"}" * (MAX_DEPTH + 2)) == "too_deep"


@pytest.mark.parametrize(
    ("raw", "why"), [(b"1e400", "not_finite"), (b"-1e400", "not_finite"), (b"\xef\xbb\xbf{}", "not_json")]
)
def test_numbers_beyond_all_bounds_and_marks_are_refused(raw: bytes, why: str) -> None:
    assert parse(b"1e300", "x.json") == 1e300
    assert reason(raw) == why
