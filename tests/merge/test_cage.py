"""The process that mergekit runs in: what it may not do, and that it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from aird.catalog.intake import inspection
from aird.jobs.executors import containment
from aird.merge.mergekit import cage
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.recipe.dense_methods import METHODS
from aird.testing_ml import make_base

A, B, C = (cage.place(name) for name in "abc")
PLAIN = {"merge_method": "karcher", "models": [{"model": A}, {"model": B}]}


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    """A folder whose name mergekit would read as a revision and an adapter, with three models in it."""
    folder = tmp_path / "a@b+c d"
    for seed, name in enumerate("abc"):
        make_base(folder / cage.INPUTS / name, seed=seed)
    return folder


def configuration(name: str) -> dict[str, Any]:
    method = METHODS[name]
    if name == "passthrough":
        return {
            "merge_method": name,
            "slices": [{"sources": [{"model": each, "layer_range": [0, 2]}]} for each in (A, A)],
        }
    models = (B,) if method.most == 2 else (B, C)
    config: dict[str, Any] = {"merge_method": name, "parameters": {"weight": 0.5, "t": 0.5, "density": 0.5}}
    config["models"] = [{"model": each} for each in models]
    return config | ({"base_model": A} if method.base == "required" else {})


@pytest.mark.slow
@pytest.mark.xdist_group("mergekit")
def test_all_methods_run_shut_in_and_twice_the_same(cell: Path) -> None:
    said: list[str] = []
    steps: list[tuple[int, int]] = []
    names = [*METHODS, "dare_ties"]
    orders = [cage.Order(configuration(name), [A, B, C], f"out-{n}") for n, name in enumerate(names)]
    done = cage.run(orders, cell, log=said.append, report=lambda *step: steps.append(step))
    assert len(done) == len(METHODS) + 1
    assert steps[0][0] == 1
    assert {total for _, total in steps} == {21, 39}  # every tensor, and the end of the file
    if containment.LINUX and os.geteuid() == 0:
        assert json.loads(said[0].partition(":")[2]) == {"offline": True, "read_only": True}
    for n in range(len(orders)):
        assert cage.collect(cell / f"out-{n}", cell / f"whole-{n}") == []
        assert inspection.inspect(cell / f"whole-{n}", base=None).parameters >= 27_000
    random = [(cell / f"whole-{names.index('dare_ties')}"), cell / f"whole-{len(METHODS)}"]
    one, two = ((each / "model.safetensors").read_bytes() for each in random)
    assert one == two
    config = json.loads((random[0] / "config.json").read_text())
    assert config["dtype"] == "float32"
    assert str(cell) not in json.dumps(config)


@pytest.mark.slow
@pytest.mark.xdist_group("mergekit")
def test_a_killed_run_leaves_no_process_and_the_next_one_finishes(cell: Path) -> None:
    code = (
        "import sys, pathlib; from aird.merge.mergekit import cage;"
        "cage.run([cage.Order({'merge_method': 'karcher', 'models': [{'model': 'in/a'}, {'model': 'in/b'}]},"
        " ['in/a', 'in/b'], 'out')], pathlib.Path(sys.argv[1]), log=lambda line: print(line, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(cell)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline().startswith(b"mergekit runs apart")  # the cage is shut, the merge begins
        [inside] = containment.descendants(first.pid)
        first.send_signal(signal.SIGKILL)
        first.wait()
    deadline = time.monotonic() + 60
    while _lives(inside) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(inside)
    again = cell.with_name("again")
    again.mkdir()
    (cell / cage.INPUTS).rename(again / cage.INPUTS)
    assert len(cage.run([cage.Order(PLAIN, [A, B], "out")], again)) == 1
    assert (again / "out" / "model.safetensors").exists()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.xdist_group("mergekit")
def test_what_mergekit_fails_on_is_told_in_its_last_words(cell: Path) -> None:
    config = {"merge_method": "karcher", "models": [{"model": "meta-llama/Llama-3-8B"}]}
    with pytest.raises(MergeNotPossible) as caught:
        cage.run([cage.Order(config, ["meta-llama/Llama-3-8B"], "out")], cell)
    assert caught.value.message.startswith("mergekit did not finish: ")
    assert str(cell) not in caught.value.message
    assert not (cell / "out" / "model.safetensors").exists()


def test_a_run_that_takes_too_long_or_too_much_is_ended(cell: Path) -> None:
    for number, limits in enumerate((cage.Limits(2**36, 2**30, 0.01), cage.Limits(2**24, 2**30, 600.0))):
        folder = cell.with_name(f"small-{number}")
        folder.mkdir()
        (folder / cage.INPUTS).symlink_to(cell / cage.INPUTS)
        with pytest.raises(MergeNotPossible):
            cage.run([cage.Order(PLAIN, [A, B], "out")], folder, limits=limits)
        assert not (folder / "out").exists()


def test_only_plain_names_of_folders_reach_a_configuration() -> None:
    assert cage.place("0f-a1") == "in/0f-a1"
    for name in ("", "../a", "a/b", "a@b", "a+b", "A"):
        with pytest.raises(ValueError, match="no plain name"):
            cage.place(name)


def test_cards_links_and_strange_files_stay_behind(tmp_path: Path) -> None:
    make_base(tmp_path / "out")
    for name in ("README.md", "mergekit_config.yml", "evil.py"):
        (tmp_path / "out" / name).write_text("/home/somebody")
    (tmp_path / "out" / "merges.txt").symlink_to("/etc/passwd")
    left = cage.collect(tmp_path / "out", tmp_path / "whole")
    assert left == ["README.md", "evil.py", "mergekit_config.yml", "merges.txt"]
    assert {each.name for each in (tmp_path / "whole").iterdir()} >= {"config.json", "model.safetensors"}


def test_the_table_of_methods_is_the_installed_mergekits() -> None:
    registry = pytest.importorskip("mergekit.merge_methods.registry")
    installed = {method.spec.name: method.spec for method in registry.registered_methods()}
    assert installed.keys() == METHODS.keys()
    for name, spec in installed.items():
        ours = METHODS[name]
        assert {each.name for each in spec.parameters} == ours.parameters
        assert {each.name for each in spec.parameters if each.required} == ours.needed
        assert {each.name for each in spec.shared_parameters} == ours.shared
        contract = spec.contract
        assert (contract.base.value, contract.min_inputs, contract.max_inputs) == (ours.base, ours.least, ours.most)
        assert (contract.min_non_base or 0, contract.max_non_base) == ours.others
