"""How far files are: a bar for the whole and one for each on a terminal, lines elsewhere."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from aird.cli.progress import BytesMeter, FilesMeter, files_meter


def test_on_a_terminal_the_files_under_way_have_a_bar_each() -> None:
    progress = Progress(console=Console(file=io.StringIO(), force_terminal=True, width=100))
    meter = FilesMeter(BytesMeter(progress, "pulling 2 files", 300), {"a": 100, "b": 200})
    meter("a", 40)
    meter("b", 10)
    assert [(each.description, each.completed) for each in progress.tasks] == [
        ("pulling 2 files", pytest.approx(50)), ("  a", 40), ("  b", 10),
    ]  # fmt: skip
    meter("a", 60)
    meter("b", -10)
    assert [(each.description, each.completed) for each in progress.tasks] == [
        ("pulling 2 files", pytest.approx(100)), ("  b", 0),
    ]  # fmt: skip
    meter.passed_over({"b"})
    assert [each.completed for each in progress.tasks] == [pytest.approx(300)]


def test_elsewhere_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with files_meter("pulling", {"a": 100}) as meter:
        meter("a", 50)
        meter("a", 50)
    assert capsys.readouterr().err.splitlines() == [
        "pulling 1 file: 50% of 100 B", "pulling 1 file: 100% all there",
    ]  # fmt: skip
