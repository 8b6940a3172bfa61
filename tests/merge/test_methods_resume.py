"""A merge that is killed goes on behind the last module that is whole, and what comes out is the same to the bit."""

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from aird.merge.methods import files
from aird.merge.methods.base import MergeDiagnostics, Method
from aird.runtimes import adapters
from aird.runtimes.journal import Journal
from aird.testing_ml import make_adapter
from tests.server.house import contents

WEIGHTS = [1.0, 0.5, 0.7]
MODULES = 14


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    return [make_adapter(tmp_path / str(n), seed=n, rank=3 + n) for n in range(3)]


def merge(method: Method, three: list[Path], out: Path, journal: Path, **more: Any) -> tuple[MergeDiagnostics, int]:
    """The diagnostics, and how many modules this run computed itself."""
    seen: list[int] = []
    book = Journal(journal, f"recipe {method}")
    told = files.merge_adapters(
        method, three, WEIGHTS, out, rank=4, journal=book, report=lambda done, _: seen.append(done), **more
    )
    return told, len(seen)


def killed_at(method: Method, three: list[Path], out: Path, journal: Path, module: int) -> None:
    """The merge in a process of its own, which kills itself when so many modules are done."""
    child = os.fork()
    if child == 0:
        try:

            def told(done: int, _: int) -> None:
                if done == module:
                    os.kill(os.getpid(), signal.SIGKILL)

            files.merge_adapters(
                method, three, WEIGHTS, out, rank=4, journal=Journal(journal, f"recipe {method}"), report=told
            )
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


@pytest.mark.parametrize("method", ["linear", "tsv", "ties"])
def test_killed_at_any_module_it_ends_as_if_nothing_had_been(method: Method, three: list[Path], tmp_path: Path) -> None:
    alone, all_of_them = merge(method, three, tmp_path / "alone", tmp_path / "alone.journal")
    assert all_of_them == MODULES
    out, journal = tmp_path / "out", tmp_path / "out.journal"
    stops = sorted(random.Random(method).sample(range(1, MODULES), 3))
    for stop in stops:
        killed_at(method, three, out, journal, stop)
        assert not (out / adapters.CONFIG).exists()
    told, own = merge(method, three, out, journal)
    assert own == MODULES - stops[-1]
    assert contents(out) == contents(tmp_path / "alone")
    assert (told.report, told.summary() | {"seconds": 0}) == (alone.report, alone.summary() | {"seconds": 0})


def test_a_torn_end_is_cut_and_made_again(three: list[Path], tmp_path: Path) -> None:
    merge("tsv", three, tmp_path / "alone", tmp_path / "alone.journal")
    out, journal = tmp_path / "out", tmp_path / "out.journal"
    killed_at("tsv", three, out, journal, 5)
    torn = (out / adapters.WEIGHTS).read_bytes()
    (out / adapters.WEIGHTS).write_bytes(torn[:-10])
    _, own = merge("tsv", three, out, journal)
    assert own == MODULES - 4
    assert contents(out) == contents(tmp_path / "alone")


def test_another_recipe_takes_nothing_from_the_journal(three: list[Path], tmp_path: Path) -> None:
    merge("iso_c", three, tmp_path / "alone", tmp_path / "alone.journal")
    out, journal = tmp_path / "out", tmp_path / "out.journal"
    killed_at("tsv", three, out, journal, 9)
    assert merge("iso_c", three, out, journal)[1] == MODULES
    assert contents(out) == contents(tmp_path / "alone")


def test_the_report_tells_of_every_module_what_is_kept_of_whom(three: list[Path], tmp_path: Path) -> None:
    part = make_adapter(tmp_path / "part", seed=9, rank=2, modules=["self_attn.q_proj"])
    told = files.merge_adapters("ties", [*three[:2], part], [1, 1, 1], tmp_path / "out", rank=3)
    assert [each.module for each in told.report] == sorted(adapters.read(three[0]).shapes)
    assert all(0 < each.energy_kept < 1 and each.rank == 3 for each in told.report)
    kept = {each.module: each.kept for each in told.report}
    assert 0 < kept["model.layers.0.self_attn.q_proj"][2] < 1
    assert kept["model.layers.0.mlp.up_proj"][2] == 1.0  # what a parent does not change it cannot lose
    assert told.basis == "singular vectors of the stacked factors"
    assert "report" not in told.summary()


def test_everything_is_kept_where_nothing_is_cut(three: list[Path], tmp_path: Path) -> None:
    told = files.merge_adapters("linear", three, [1, 1, 1], tmp_path / "out")
    assert all(each.energy_kept == pytest.approx(1) for each in told.report)
    assert all(kept == pytest.approx(1) for each in told.report for kept in each.kept)
    assert told.basis == ""
