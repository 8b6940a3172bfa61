"""Tensors one at a time: the library reads what is written, and what it writes is read."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

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
