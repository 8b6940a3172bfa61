"""Tensors one at a time: the library reads what is written, and what it writes is read."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from aird.runtimes.journal import Journal
from aird.runtimes.tensor_file import DTYPES, TensorFileBroken, TensorReader, TensorWriter

SHAPES: list[tuple[int, ...]] = [(3, 4), (5,), (), (2, 0, 3)]


def tensors() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    found = {}
    for name, dtype in DTYPES.items():
        for number, shape in enumerate(SHAPES):
            found[f"{name}.{number}"] = (torch.randn(shape, generator=random) * 50).to(dtype)
    return found


def write(path: Path, values: dict[str, torch.Tensor]) -> None:
    with TensorWriter(path, [(name, value.dtype, value.shape) for name, value in values.items()]) as file:
        for name, value in values.items():
            file.add(name, value)


def test_what_is_written_is_what_the_library_reads(tmp_path: Path):
    write(tmp_path / "ours.safetensors", tensors())
    read = load_file(tmp_path / "ours.safetensors")
    assert read.keys() == tensors().keys()
    assert all(torch.equal(read[name], value) for name, value in tensors().items())


def test_one_column_of_a_larger_matrix_is_written_as_it_is(tmp_path: Path):
    column = torch.arange(12.0).reshape(4, 3).T[:1].T
    write(tmp_path / "ours.safetensors", {"column": column})
    assert torch.equal(load_file(tmp_path / "ours.safetensors")["column"], column)


def test_some_rows_are_read_without_the_others(tmp_path: Path):
    write(tmp_path / "ours.safetensors", tensors())
    with TensorReader(tmp_path / "ours.safetensors") as file:
        for name, value in tensors().items():
            if name.endswith(".0"):
                assert torch.equal(file.rows(name, 1, 3), value[1:3])


def test_what_the_library_writes_is_read(tmp_path: Path):
    values = {name: value for name, value in tensors().items() if value.numel()}
    save_file(values, tmp_path / "theirs.safetensors")
    with TensorReader(tmp_path / "theirs.safetensors") as file:
        assert {name: place.shape for name, place in file.places.items()} == {
            n: tuple(v.shape) for n, v in values.items()
        }
        assert all(torch.equal(file.read(name), value) for name, value in values.items())


def test_a_file_that_was_not_finished_is_gone(tmp_path: Path):
    path = tmp_path / "half.safetensors"
    with (
        pytest.raises(ValueError, match="b was announced"),
        TensorWriter(path, [("a", torch.float32, [1]), ("b", torch.float32, [1])]) as file,
    ):
        file.add("a", torch.zeros(1))
    assert not path.exists()
    with pytest.raises(ZeroDivisionError), TensorWriter(path, [("a", torch.float32, [1])]) as file:
        file.add("a", torch.zeros(1) / (1 // 0))
    assert not path.exists()


def test_another_tensor_than_announced_is_refused(tmp_path: Path):
    with (
        pytest.raises(ValueError, match="announced was a"),
        TensorWriter(tmp_path / "x", [("a", torch.float32, [2])]) as file,
    ):
        file.add("a", torch.zeros(3))


@pytest.mark.parametrize(
    "content", [b"", b"\x02", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0[]", b"\x08\0\0\0\0\0\0\0" + b'{"a":1} ']
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(TensorFileBroken):
        TensorReader(tmp_path / "x")


def test_a_file_cut_short_is_refused(tmp_path: Path):
    path = tmp_path / "cut.safetensors"
    write(path, {"a": torch.zeros(100)})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TensorFileBroken, match="does not lie"):
        TensorReader(path)


def written(path: Path, journal: Path, stop_after: int | None = None, key: str = "work") -> list[int]:
    """Write 5 tensors of 3 numbers each, a checkpoint after each; which of them this run wrote itself."""
    book = Journal(journal, key)
    ours = []
    announced = [(str(n), torch.float32, [3]) for n in range(5)]
    with contextlib.suppress(ZeroDivisionError), TensorWriter(path, announced, book) as file:
        assert book.notes == list(range(file.done))
        for number in range(file.done, 5):
            if number == stop_after:
                raise ZeroDivisionError
            file.add(str(number), torch.full((3,), float(number)))
            file.checkpoint(number)
            ours.append(number)
    return ours


@pytest.mark.parametrize("stopped", [0, 1, 4])
def test_a_file_with_a_journal_goes_on_where_it_was_left(tmp_path: Path, stopped: int) -> None:
    assert written(tmp_path / "alone", tmp_path / "alone.journal") == [0, 1, 2, 3, 4]
    path, journal = tmp_path / "file", tmp_path / "file.journal"
    assert written(path, journal, stop_after=stopped) == list(range(stopped))
    assert written(path, journal) == list(range(stopped, 5))
    assert path.read_bytes() == (tmp_path / "alone").read_bytes()
    assert written(path, journal) == []
    assert path.read_bytes() == (tmp_path / "alone").read_bytes()


@pytest.mark.parametrize(
    ("harm", "kept"),
    [
        (lambda path, journal: cut(path, 7), 2),  # the file lacks what the journal tells of
        (lambda path, journal: cut(journal, 5), 2),  # the last line is torn
        (lambda path, journal: path.write_bytes(path.read_bytes() + b"torn tail"), 3),
        (lambda path, journal: flip(path, -20), 1),  # a byte of the second tensor
        (lambda path, journal: flip(path, 12), 0),  # a byte of the header
        (lambda path, journal: path.unlink(), 0),
        (lambda path, journal: journal.unlink(), 0),
        (lambda path, journal: journal.write_bytes(b"nonsense"), 0),
    ],
)
def test_what_a_journal_cannot_vouch_for_is_made_again(
    tmp_path: Path, harm: Callable[[Path, Path], object], kept: int
) -> None:
    path, journal = tmp_path / "file", tmp_path / "file.journal"
    written(path, journal, stop_after=3)
    harm(path, journal)
    assert written(path, journal) == list(range(kept, 5))
    written(tmp_path / "alone", tmp_path / "alone.journal")
    assert path.read_bytes() == (tmp_path / "alone").read_bytes()


def test_a_journal_of_other_work_is_started_anew(tmp_path: Path) -> None:
    written(tmp_path / "file", tmp_path / "journal", stop_after=3)
    assert written(tmp_path / "file", tmp_path / "journal", key="other") == [0, 1, 2, 3, 4]


def cut(path: Path, count: int) -> None:
    path.write_bytes(path.read_bytes()[:-count])


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
