"""A step that does not fit into memory is tried once more with half the micro-batch, and comes to the same sum."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from aird.runtimes import chat, loading
from aird.runtimes.chat import Example
from aird.training.recipes import batches, loop, sft
from aird.training.recipes.batches import Row
from aird.training.recipes.errors import OutOfMemory
from aird.training.recipes.loop import Objective
from aird.training.recipes.progress import TrainResult
from aird.training.settings import SftSettings
from tests.training.test_loop import ITEMS, alike, base, changed, digest, quiet

assert base  # a fixture

Parts = Sequence[Example | Row]
PLAIN = changed(lora={"r": 2, "alpha": 4})


def one_allocation_too_much() -> None:
    """What the allocator of a CPU raises, from torch itself."""
    torch.empty(2**60)


def chip_is_full() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def train(
    base: Path, out: Path, room: Callable[[int, int], None], settings: SftSettings = PLAIN, **more: Any
) -> TrainResult:
    """Train on a network whose loss first calls `room(calls, examples of the part)`."""
    torch.manual_seed(0)
    network = loading.load_network(base, device=torch.device("cpu"))
    tokenizer = loading.load_tokenizer(base)
    examples, _ = batches.encode_all(tokenizer, ITEMS, chat.end_ids(network, tokenizer), settings.max_length)
    network = loading.add_slot(network, sft.lora_config(network, settings.lora), sft.SLOT).train()
    true, calls = sft.objective(network, torch.device("cpu")), 0

    def loss(part: Parts, whole: Parts) -> Tensor:
        nonlocal calls
        calls += 1
        room(calls, len(part))
        return true.loss(part, whole)

    stream = batches.batches(batches.shuffled(examples, 0), settings.batch_size, 0)
    found = loop.run(network, settings, stream, Objective(loss, true.learnt), report=quiet, **more)
    sft.write(network, base, out, base_name="base")
    return found


@pytest.mark.parametrize("full", [one_allocation_too_much, chip_is_full])
def test_half_as_much_at_once_comes_to_the_same_weights(base: Path, tmp_path: Path, full: Callable[[], None]) -> None:
    def three_times_enough(calls: int, size: int) -> None:
        if calls > 3 and size > 2:
            full()

    whole = train(base, tmp_path / "whole", lambda calls, size: None)
    found = train(base, tmp_path / "found", three_times_enough)
    assert (found.halved_at, found.micro_batch, whole.halved_at, whole.micro_batch) == (4, 2, None, 4)
    assert alike(tmp_path / "whole", tmp_path / "found")
    assert found.final_loss == pytest.approx(whole.final_loss, rel=1e-5)
    train(base, tmp_path / "again", lambda calls, size: None, halved_at=found.halved_at)
    assert digest(tmp_path / "again") == digest(tmp_path / "found")


def test_it_is_halved_once_and_then_given_up_with_numbers(base: Path, tmp_path: Path) -> None:
    def never_enough(calls: int, size: int) -> None:
        chip_is_full()

    with pytest.raises(OutOfMemory, match="2 items") as told:
        train(base, tmp_path / "out", never_enough)
    assert told.value.params == {"micro_batch": 2, "step": 1}
    with pytest.raises(OutOfMemory, match="1 items"):
        train(base, tmp_path / "out", never_enough, settings=PLAIN.model_copy(update={"micro_batch": 1}))


def test_any_other_error_is_not_taken_for_a_lack_of_memory(base: Path, tmp_path: Path) -> None:
    def broken(calls: int, size: int) -> None:
        raise RuntimeError("device-side assert triggered")

    with pytest.raises(RuntimeError, match="assert"):
        train(base, tmp_path / "out", broken)
