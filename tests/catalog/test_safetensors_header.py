import json
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.intake.safetensors_header import ITEM_BYTES, MAX_TENSORS, not_finite, read_header

A = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
B = {"dtype": "F16", "shape": [2, 1], "data_offsets": [8, 12]}


def build(header: Any, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def changed(**changes: Any) -> bytes:
    return build({"a": A | changes}, bytes(8))


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("header") / "model.safetensors"


def reason_for(file: Path, raw: bytes) -> str:
    file.write_bytes(raw)
    with pytest.raises(IntakeRefused) as refusal:
        read_header(file)
    assert refusal.value.params["file"] == "model.safetensors"
    assert len(str(refusal.value)) < 500
    assert str(refusal.value).isprintable()
    return str(refusal.value.params["reason"])


def test_a_good_file_is_read_with_its_order_and_metadata(file: Path) -> None:
    file.write_bytes(build({"__metadata__": {"format": "pt"}, "b": B, "a": A}, bytes(12)))
    header = read_header(file)
    assert list(header.tensors) == ["a", "b"]
    assert header.tensors["b"].shape == (2, 1)
    assert header.tensors["b"].parameters == 2
    assert header.metadata == {"format": "pt"}


def test_padding_and_scalars_are_part_of_the_format(file: Path) -> None:
    file.write_bytes(build(json.dumps({"a": A | {"shape": [], "data_offsets": [0, 4]}}).encode() + b"   ", bytes(4)))
    assert read_header(file).tensors["a"].shape == ()


BAD: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "truncated"),
    ("7 bytes", b"\x00" * 7, "truncated"),
    ("only a length", struct.pack("<Q", 2), "truncated"),
    ("no header", struct.pack("<Q", 0) + b"{}", "not_safetensors"),
    ("header beyond the end", struct.pack("<Q", 1000) + b"{}", "truncated"),
    ("header of 9 MB", struct.pack("<Q", 9 << 20) + b" " * 100, "header_too_large"),
    ("length 2^64-1", b"\xff" * 8 + b"{}", "header_too_large"),
    ("a pickle", b"\x80\x04\x95" + bytes(30), "header_too_large"),
    ("a zip", b"PK\x03\x04" + bytes(40), "header_too_large"),
    ("space before", build(b" {}"), "not_safetensors"),
    ("a list", build(b"[]"), "not_safetensors"),
    ("not JSON", build(b"{]"), "not_json"),
    ("two values", build(b"{}{}"), "not_json"),
    ("not UTF-8", build(b'{"\xff": 1}'), "not_utf8"),
    ("NaN", build(b'{"a": NaN}'), "not_finite"),
    ("deep", build(b'{"a":' * 100_000), "too_deep"),
    ("huge number", build(b'{"a": ' + b"9" * 5000 + b"}"), "not_json"),
    (
        "same name twice",
        build(b'{"a": %b, "a": %b}' % ((json.dumps(A).encode(),) * 2), bytes(8)),
        "double_key",
    ),
    ("same field twice", build(b'{"a": {"dtype": "F32", "dtype": "F16"}}'), "double_key"),
    ("metadata twice", build(b'{"__metadata__": {}, "__metadata__": {}}'), "double_key"),
    ("metadata of numbers", build({"__metadata__": {"a": 1}}), "bad_metadata"),
    ("metadata a list", build({"__metadata__": []}), "bad_metadata"),
    *(
        (f"name {n!r}", build({n: A}, bytes(8)), "bad_tensor_name")
        for n in ("", "../x", "a/b", "a\\b", "a b", "é", "a\n")
    ),
    *(
        (f"name {n!r}", build({n: A}, bytes(8)), "bad_tensor_name")
        for n in (".a", "-a", "a..b", "a\x00", "x" * 257, "$a")
    ),
    *((f"entry {e!r}", build({"a": e}), "bad_tensor") for e in (1, None, [], {}, A | {"x": 1}, {"dtype": "F32"})),
    *((f"dtype {d!r}", changed(dtype=d), "unknown_dtype") for d in ("F31", "", 5, None, ["F32"], "f32", "F4")),
    *((f"shape {s!r}", changed(shape=s), "bad_shape") for s in ([0], [2, 0], [-2], [2.0], ["2"], 2, None, [True], {})),
    *((f"shape {s!r}", changed(shape=s), "bad_shape") for s in ([2] + [1] * 8, [2**31], [2**64], [[2]])),
    *((f"shape {s!r}", changed(shape=s), "bad_offsets") for s in ([3], [], [2, 2], [2**30, 2**30, 2**30])),
    *(
        (f"offsets {o!r}", changed(data_offsets=o), "bad_offsets")
        for o in ([8, 0], [0, 7], [0], [0, 8, 8], None, [-8, 0])
    ),
    *(
        (f"offsets {o!r}", changed(data_offsets=o), "bad_offsets")
        for o in (["0", "8"], [0, 2**70], [False, 8], [0.0, 8])
    ),
    ("gap at the start", changed(data_offsets=[4, 12]), "not_covered"),
    ("data missing", build({"a": A}, bytes(7)), "truncated"),
    ("data left over", build({"a": A}, bytes(9)), "not_covered"),
    ("data without tensors", build({}, bytes(1)), "not_covered"),
    ("two on the same bytes", build({"a": A, "c": A}, bytes(8)), "not_covered"),
    ("overlap", build({"a": A, "b": B | {"data_offsets": [4, 8]}}, bytes(8)), "not_covered"),
    ("gap", build({"a": A, "b": B | {"data_offsets": [12, 16]}}, bytes(16)), "not_covered"),
]


@pytest.mark.parametrize(("raw", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_header_is_refused_with_its_reason(file: Path, raw: bytes, reason: str) -> None:
    assert reason_for(file, raw) == reason


def test_a_million_empty_tensors_cost_no_time(file: Path) -> None:
    entry = b'"%d":{"dtype":"U8","shape":[1],"data_offsets":[%d,%d]}'
    many = b"{" + b",".join(entry % (n, n, n + 1) for n in range(MAX_TENSORS + 1)) + b"}"
    start = time.process_time()
    assert reason_for(file, build(many, bytes(MAX_TENSORS + 1))) == "too_many_tensors"
    assert reason_for(file, struct.pack("<Q", 58_000_000) + b"{" + b" " * 1000) == "header_too_large"
    assert time.process_time() - start < 5


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target.safetensors", tmp_path / "link.safetensors"
    target.write_bytes(build({"a": A}, bytes(8)))
    assert read_header(target).tensors
    link.symlink_to(target)
    for path in (link, tmp_path, tmp_path / "missing.safetensors"):
        with pytest.raises(IntakeRefused, match="regular file"):
            read_header(path)


names = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]|\.(?!\.)){0,20}", fullmatch=True).filter(
    lambda n: n != "__metadata__"
)
shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)
dtypes = st.sampled_from(["f2", "f4", "f8", "i1", "u8", "?"])


@given(st.dictionaries(names, st.tuples(shapes, dtypes), max_size=6))
def test_what_the_library_writes_is_read_as_it_was(file: Path, wanted: dict[str, tuple[tuple[int, ...], str]]) -> None:
    file.write_bytes(save({name: np.ones(shape, dtype) for name, (shape, dtype) in wanted.items()}))
    found = read_header(file).tensors
    assert {name: tensor.shape for name, tensor in found.items()} == {
        name: shape for name, (shape, _) in wanted.items()
    }


GOOD = build({"__metadata__": {"format": "pt"}, "a": A, "b": B}, bytes(12))


@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4),
    st.integers(0, len(GOOD) + 3),
)
@settings(max_examples=500)
def test_damaged_bytes_are_refused_or_still_cover_the_file(file: Path, flips: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD + bytes(3))[:end]
    for place, value in flips:
        if place < len(raw):
            raw[place] = value
    file.write_bytes(raw)
    try:
        header = read_header(file)
    except IntakeRefused:
        return
    assert header.data + sum(t.end - t.begin for t in header.tensors.values()) == len(raw)
    assert all(t.parameters * ITEM_BYTES[t.dtype] == t.end - t.begin for t in header.tensors.values())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.sampled_from(["dtype", "shape", "data_offsets", "a", "__metadata__"]))
@settings(max_examples=300)
def test_any_json_in_any_place_ends_in_a_header_or_a_refusal(file: Path, value: Any, place: str) -> None:
    content = {"a": A, place: value} if place in ("a", "__metadata__") else {"a": A | {place: value}}
    file.write_bytes(build(content, bytes(8)))
    with suppress(IntakeRefused):
        assert read_header(file).tensors


@given(
    st.binary(min_size=8, max_size=64).map(lambda b: b[: len(b) // 8 * 8]),
    st.sampled_from(["F16", "F32", "F64"]),
)
@settings(max_examples=500)
def test_nan_and_infinity_are_found_as_numpy_finds_them(file: Path, data: bytes, dtype: str) -> None:
    count = len(data) // ITEM_BYTES[dtype]
    file.write_bytes(build({"a": {"dtype": dtype, "shape": [count], "data_offsets": [0, len(data)]}}, data))
    values = np.frombuffer(data, f"<f{ITEM_BYTES[dtype]}")
    assert not_finite(file, read_header(file)) == (None if np.isfinite(values).all() else "a")


@pytest.mark.parametrize(
    ("dtype", "value", "bad"),
    [
        *(("BF16", value, True) for value in (b"\x80\x7f", b"\x80\xff", b"\xc0\x7f", b"\x81\x7f")),
        *(("BF16", value, False) for value in (b"\x7f\x7f", b"\xff\xfe", b"\x00\x80", b"\x00\x00")),
        *(("F8_E5M2", value, True) for value in (b"\x7c", b"\xfc", b"\x7f")),
        *(
            ("F8_E4M3", value, bad)
            for value, bad in ((b"\x7f", True), (b"\xff", True), (b"\x7e", False), (b"\x78", False))
        ),
        *((dtype, b"\xff" * size, False) for dtype, size in (("I8", 1), ("U64", 8), ("I32", 4))),
    ],
)
@pytest.mark.parametrize("place", [0, 777, 300_000])
def test_one_bad_value_is_found_wherever_it_stands(file: Path, dtype: str, value: bytes, bad: bool, place: int) -> None:
    data = bytearray(len(value) * 300_001)
    data[place * len(value) : (place + 1) * len(value)] = value
    entry = {"dtype": dtype, "shape": [300_001], "data_offsets": [0, len(data)]}
    file.write_bytes(build({"a": entry}, bytes(data)))
    assert not_finite(file, read_header(file)) == ("a" if bad else None)
