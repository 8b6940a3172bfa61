"""Several processes at one training: the same loss curve and the same weights as one process, up to rounding."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aird.runtimes.errors import AdapterUnusable
from aird.training.recipes import launch
from aird.training.recipes.errors import Paused
from aird.training.recipes.progress import Progress, TrainResult
from tests.training.test_loop import ITEMS, alike, base, changed, train

assert base  # a fixture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLAIN = changed(steps=10, batch_size=5, micro_batch=2, lora={"r": 2, "alpha": 4}, held_out=0.3, evaluate_every=5)


def together(base: Path, out: Path, **more: Any) -> tuple[TrainResult, list[Progress]]:
    seen: list[Progress] = []
    settings = more.pop("settings", PLAIN).model_dump(mode="json")
    found = launch.train(2, settings, base, ITEMS, out, report=seen.append, base_name="base", threads=1, **more)
    return found, seen


def test_two_processes_come_to_what_one_comes_to(base: Path, tmp_path: Path) -> None:
    alone: list[Progress] = []
    one = train(base, tmp_path / "one", settings=PLAIN, report=alone.append)
    two, seen = together(base, tmp_path / "two")
    assert alike(tmp_path / "one", tmp_path / "two")
    assert [two.final_loss, two.held_out_loss] == pytest.approx([one.final_loss, one.held_out_loss], rel=1e-4)
    assert (two.steps, two.tokens, two.read, two.flop) == (one.steps, one.tokens, one.read, one.flop)
    first, last = ([p.metrics["loss"] for p in told if "loss" in p.metrics][:: len(told) - 2] for told in (alone, seen))
    assert last[:1] == pytest.approx(first[:1], rel=1e-4)


@pytest.mark.long
def test_they_pause_behind_a_checkpoint_and_go_on_from_it(base: Path, tmp_path: Path) -> None:
    long = changed(steps=40, batch_size=5, lora={"r": 2, "alpha": 4})
    train(base, tmp_path / "one", settings=long)
    kept = tmp_path / "kept"
    with pytest.raises(Paused):
        together(base, tmp_path / "out", settings=long, checkpoints=kept, pause=lambda: True)
    assert not (tmp_path / "out").exists()
    found, seen = together(base, tmp_path / "out", settings=long, checkpoints=kept)
    assert alike(tmp_path / "one", tmp_path / "out", 1e-3)
    assert found.steps == 40
    assert seen[0].step > 1


def on_two_machines(base: Path, place: Path, **more: Any) -> tuple[TrainResult, list[Progress]]:
    """One process on each of two machines, which here are one; only the first has the folder of the checkpoints."""
    settings, seen = more.pop("settings").model_dump(mode="json"), list[Progress]()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    same = {"base_name": "base", "threads": 1}
    meetings = [launch.Meeting(2, node, address, "lo") for node in (0, 1)]
    (place / "other").mkdir(exist_ok=True)
    with ThreadPoolExecutor(1) as other:
        there = other.submit(
            launch.assist, 1, settings, base, ITEMS, place / "other" / "out", meeting=meetings[1], **same,
            checkpoints=place / "other" / "kept",
        )  # fmt: skip
        try:
            return launch.train(
                1, settings, base, ITEMS, place / "out", meeting=meetings[0], report=seen.append, **same, **more
            ), seen
        finally:
            there.result(120)


@pytest.mark.long
def test_two_machines_come_to_the_bytes_of_one_and_go_on_from_the_checkpoint_that_the_first_has(
    base: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    with pytest.raises(Paused):
        on_two_machines(base, tmp_path, settings=PLAIN, checkpoints=kept, pause=lambda: True)
    assert len(list(kept.glob("step-*"))) == 1
    assert not list((tmp_path / "other" / "kept").glob("step-*"))
    found, seen = on_two_machines(base, tmp_path, settings=PLAIN, checkpoints=kept)
    assert seen[0].step > 1
    assert found.steps == 10
    together(base, tmp_path / "one")
    assert weights(tmp_path / "out") == weights(tmp_path / "one")


def weights(folder: Path) -> bytes:
    return (folder / "adapter_model.safetensors").read_bytes()


def test_what_one_of_them_refuses_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterUnusable, match="q_proj"):
        together(base, tmp_path / "out", settings=changed(lora={"target_modules": ["c_attn"]}))
